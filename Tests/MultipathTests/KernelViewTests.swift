// What the library reads of a live connection against what ss(8) and ip-mptcp(8) show of it.

import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct KernelViewTests {
    @Test(.enabled(if: isInstalled("ss"), "ss is not installed")) func pathsAreThoseOfSS() async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          let size = 4 << 20
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          try client.waitForPaths(2)
          // The whole file is here and nothing moves any more when both are asked; the data connection is still open.
          let data = try client.open(.epsv, "RETR down")
          _ = try data.read(exactly: size)
          try client.ftp.expect(226)
          for socket in [client.ftp.control.descriptor, data.descriptor] {
            let paths = try MultipathSocket.subflows(socket)
            let info = try MultipathSocket.info(socket)
            let shown = try Self.sockets(lab.client, "-M").filter { $0.contains(String(info.token, radix: 16)) }
            try require(shown.count == 1, "token \(String(info.token, radix: 16)) in: \(shown)")
            try Self.requireField("subflows", UInt64(info.extraSubflows), in: shown[0])
            try Self.requireField("subflows_max", UInt64(info.extraSubflowsMax), in: shown[0])
            try Self.requireField("bytes_received", info.bytesReceived, in: shown[0])
            try Self.requireField("bytes_sent", info.bytesSent, in: shown[0])
            try Self.requireField("subflows_total", UInt64(info.pathCount), in: shown[0])
            let subflows = try Self.sockets(lab.client, "-t")
            for path in paths {
              let (local, remote) = (path.local.description, path.remote.description)
              // A path bound to an interface is shown with it: 10.77.2.1%c2:port.
              guard
                let line = subflows.first(where: {
                  $0.replacing(#/%[a-z0-9]+/#, with: "").contains(" \(local) ") && $0.contains(" \(remote) ")
                })
              else { throw TestFailure("no \(local) \(remote) in \(subflows)") }
              let figures = path.statistics
              try Self.requireField("bytes_received", figures.bytesReceived, in: line)
              try Self.requireField("bytes_acked", figures.bytesAcknowledged, in: line)
              try Self.requireField("cwnd", UInt64(figures.congestionWindow), in: line)
              try Self.requireField("mss", UInt64(figures.segmentSize), in: line)
            }
          }
        }
      }
    }

    @Test func endpointsAndLimitsAreThoseOfIP() async throws {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "1gbit")
        try lab.client.shell("ip mptcp endpoint add 10.77.1.1 dev c1 id 9 port 8021 signal")
        let shown = try lab.client.shell("ip mptcp endpoint show").split(separator: "\n").map {
          $0.split(separator: " ").joined(separator: " ")
        }
        let read = try lab.client.run { () throws -> [String] in
          var manager = try PathManager()
          return try manager.endpoints().map(\.description)
        }
        try require(read == shown && read.count == 2, "\(read) instead of \(shown)")
        let limits = try lab.client.run { () throws -> PathLimits in
          var manager = try PathManager()
          return try manager.limits()
        }
        try require(limits == PathLimits(subflows: 4, acceptedAddresses: 4), "\(limits)")
      }
    }

    /// The sockets ss shows, one line each.
    private static func sockets(_ namespace: Namespace, _ kind: String) throws -> [String] {
      try namespace.shell("ss \(kind) -nieOH").split(separator: "\n").map { $0 + " " }
    }

    /// `name:value`, where this ss shows the name: older ones know less, and a value of 0 is left out.
    private static func requireField(_ name: String, _ value: UInt64?, in line: String) throws {
      guard let value, line.contains(" \(name):") else { return }
      try require(line.contains(" \(name):\(value) "), "\(name) is \(value), ss says: \(line)")
    }
  }
}
