// weftpd-authd on its socket: odd packets end the connection, requests have bounds, and it outlives neither its channel nor noise.

import Foundation
import LinuxSystem
import TestSupport
import Testing

extension PrivilegeTests {
  @Suite struct HelperTests {
    /// A weftpd-authd of its own and our end of its channel.
    private func withHelper(_ options: [String] = [], _ body: (Int32) throws -> Void) throws {
      let (own, other) = try PacketSocket.pair()
      let path = try Server.binary() + "-authd"
      let process = try ChildProcesses.spawn(
        path, ["--channel", "3"] + options, environment: ["PATH=/usr/bin:/bin", "SWIFT_BACKTRACE=enable=no"],
        descriptor: other)
      close(other)
      do { try body(own) } catch {
        close(own)
        kill(process, SIGKILL)
        throw error
      }
      close(own)
      // The end of its channel is its end.
      var status: Int32 = 0
      let hasEnded = Deadline.after(.seconds(20)).until { waitpid(process, &status, WNOHANG) != 0 }
      if !hasEnded { kill(process, SIGKILL) }
      try require(hasEnded, "weftpd-authd outlives its channel")
      try require(status == 0, "weftpd-authd ended with status \(status)")
    }

    /// The next packet; nil at the end of the channel.
    private func receive(_ socket: Int32) throws -> [UInt8]? {
      var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      try require(poll(&request, 1, 20_000) == 1, "weftpd-authd says nothing")
      var buffer = [UInt8](repeating: 0, count: 20_000)
      let count = recv(socket, &buffer, buffer.count, 0)
      return count > 0 ? Array(buffer[..<count]) : nil
    }

    private func send(_ socket: Int32, _ packet: [UInt8]) {
      _ = Glibc.send(socket, packet, packet.count, Int32(MSG_NOSIGNAL))
    }

    /// A request as weftpd writes it.
    private func request(_ id: UInt8, user: String = "nosuch", service: String = "weftpd") -> [UInt8] {
      func field(_ text: String) -> [UInt8] { [0, UInt8(text.utf8.count)] + Array(text.utf8) }
      return [1, 1, 0, 0, 0, id, 0, 0, 3, 0xE8] + field(service) + field(user) + field("192.0.2.1") + field("secret")
    }

    @Test func anUnknownUserIsRefused() async throws {
      try await Blocking.run {
        try withHelper { socket in
          send(socket, request(7))
          let answer = try receive(socket)
          // Refused; or try later, where the system has no PAM service of any kind.
          try require(answer == [1, 3, 0, 0, 0, 7] || answer == [1, 4, 0, 0, 0, 7], "\(String(describing: answer))")
        }
      }
    }

    @Test func anythingOddEndsTheChannel() async throws {
      try await Blocking.run {
        let valid = request(1)
        var odd: [[UInt8]] = [
          [0], [1], [2] + valid.dropFirst(), [1, 2, 0, 0, 0, 1], [1, 3, 0, 0, 0, 1], valid + [0],
          Array(valid.dropLast()),
          request(1, service: "login"), request(1, service: "../x"), [UInt8](repeating: 1, count: 17_000),
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<40 {
          // Noise behind a header that looks right: a request it happens to be would only be answered.
          odd.append(
            [1, 1]
              + (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 128...255, using: &random) })
        }
        for packet in odd {
          try withHelper { socket in
            send(socket, packet)
            try require(try receive(socket) == nil, "'\(shown(packet))' was answered")
          }
        }
      }
    }

    @Test func aNameWithControlsIsRefusedLikeAnyOther() async throws {
      try await Blocking.run {
        try withHelper { socket in
          send(socket, request(9, user: "root\nweftpd-authd: all is well"))
          let answer = try receive(socket)
          try require(answer == [1, 3, 0, 0, 0, 9] || answer == [1, 4, 0, 0, 0, 9], "\(String(describing: answer))")
        }
      }
    }

    @Test func conversationsAreBounded() async throws {
      try await Blocking.run {
        try withHelper(["--conversations", "1"]) { socket in
          for id in 1...30 { send(socket, request(UInt8(id))) }
          var answered: Set<UInt8> = []
          while answered.count < 30 {
            guard let answer = try receive(socket) else { throw TestFailure("the channel ended after \(answered)") }
            try require(answer.count == 6 && (answer[1] == 3 || answer[1] == 4), "\(answer)")
            try require(answered.insert(answer[5]).inserted, "two answers for \(answer[5])")
          }
        }
      }
    }
  }
}
