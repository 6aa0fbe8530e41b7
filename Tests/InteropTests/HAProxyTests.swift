// A real HAProxy in front: it passes on control and data connections with headers of the PROXY protocol.

import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: isInstalled("haproxy") && isInstalled("curl"), "haproxy or curl is not installed"))
struct HAProxyTests {
  /// HAProxy on 127.0.0.3, which speaks to weftpd from 127.0.0.2.
  private static func configuration(_ server: Server, _ word: String, ports: ClosedRange<Int>) -> String {
    """
    defaults
      mode tcp
      timeout connect 10s
      timeout client 60s
      timeout server 60s
    listen control
      bind 127.0.0.3:\(ports.lowerBound - 1)
      server weftpd 127.0.0.1:\(server.endpoint.port) \(word) source 127.0.0.2 check inter 200
    listen data
      bind 127.0.0.3:\(ports.lowerBound)-\(ports.upperBound)
      server weftpd 127.0.0.1 \(word) source 127.0.0.2

    """
  }

  @Test(arguments: ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])
  func transfersThroughHAProxy(_ word: String) async throws {
    try await Blocking.run {
      let first = 20_000 + Int(getpid()) % 1000 * 20 + ["send-proxy": 0, "send-proxy-v2": 6][word, default: 12]
      let ports = first + 1...first + 5
      let root = try TemporaryDirectory()
      let content = pattern(3_000_000)
      try root.write("data.bin", content)
      let settings = [
        "proxy.trusted=127.0.0.2", "proxy.data=true", "passive.ports=\(ports.lowerBound)-\(ports.upperBound)",
      ]
      try Server.with(.init(settings: settings), root: root) { server in
        let place = try TemporaryDirectory()
        let file = try place.write("haproxy.cfg", Self.configuration(server, word, ports: ports))
        let proxy = try ChildProcess(["haproxy", "-db", "-f", file])
        defer { proxy.signal(SIGKILL) }
        let front = Endpoint("127.0.0.3", UInt16(first))
        let isUp = Deadline.after(.seconds(60)).until { (try? Connection(to: front, patience: .seconds(5))) != nil }
        try require(isUp, "haproxy does not listen: \(proxy.errorText)")
        for (flags, from) in [(["--ftp-pasv"], "127.0.0.4"), (["--disable-epsv"], "127.0.0.5")] {
          let url = "ftp://alice:\(Server.password)@127.0.0.3:\(first)"
          let base = ["curl", "-sS", "--interface", from] + flags
          try place.write("up", content)
          for command in [
            ["-o", place.path + "/down", url + "/data.bin"], ["-T", place.path + "/up", url + "/up.bin"],
          ] {
            let result = try TestSupport.run(base + command, patience: .seconds(90))
            try require(result.exitCode == 0, "\(base + command): \(result.errors)\n\(proxy.errorText)")
          }
          try require(try place.read("down") == content, "what came down differs")
          try require(try root.read("up.bin") == content, "what went up differs")
          let log = server.process.errorText
          try require(log.contains("peer=\(from):"), "the log does not know \(from)")
          // Nobody but its health checks came from HAProxy's own address.
          try require(!log.contains("login session=1 peer=127.0.0.2"), "the balancer counts as the client")
        }
        _ = place.exists("down")
      }
    }
  }
}
