// ABOR as clients send it: Telnet Synch with urgent data on plain TCP, the same bytes in band where there is no urgent data.

import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

/// How a client says ABOR.
enum AbortForm: CaseIterable, Sendable {
  /// `ABOR` alone.
  case plain
  /// `IAC IP IAC DM`, the last byte urgent (RFC 959, section 4.1.3), then `ABOR`.
  case synch
  /// `IAC IP IAC`, `DM` urgent by itself, `ABOR`, in three pieces.
  case synchInPieces
  /// The whole line urgent, so that its last byte, the line feed, is the urgent one.
  case allUrgent

  func send(on client: FTPClient) throws {
    let line = bytes("ABOR\r\n")
    switch self {
    case .plain: try client.control.send(line)
    case .synch:
      try client.control.send([0xFF, 0xF4, 0xFF, 0xF2], urgent: true)
      try client.control.send(line)
    case .synchInPieces:
      try client.control.send([0xFF, 0xF4, 0xFF])
      try client.control.send([0xF2], urgent: true)
      try client.control.send(line)
    case .allUrgent: try client.control.send([0xFF, 0xF4, 0xFF, 0xF2] + line, urgent: true)
    }
  }
}

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct OutOfBandTests {
    /// Plain client, multipath client, and a multipath client whose peer is plain (its urgent data is no such thing either).
    @Test(arguments: [MultipathPolicy.off, .required], ["automatic", "off"])
    func everyFormAbortsATransfer(client policy: MultipathPolicy, server: String) async throws {
      try await Blocking.run(slots: 2) {
        let lab = try NetworkLab(rate: "100mbit")
        let size = 64 << 20
        try LabServer.with(in: lab.server, settings: ["mptcp.control=\(server)", "mptcp.data=automatic"]) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server, policy: policy)
          for form in AbortForm.allCases {
            let data = try client.open(.epsv, "RETR down")
            _ = try data.read(exactly: 100_000)
            try form.send(on: client.ftp)
            try client.ftp.expect(426, after: "\(form)")
            try client.ftp.expect(226, 225, after: "\(form)")
            let rest = try? data.drain()
            try require((rest ?? 0) < size - 200_000, "\(form): the file came whole")
            try client.ftp.command("NOOP", expecting: 200)
            // Nothing of it sticks to the stream: the next transfer is whole.
            let small = try client.open(.epsv, "STOR small-\(form)")
            try small.send(bytes("x"))
            small.close()
            try client.ftp.expect(226)
            try require(server.root.exists("small-\(form)"), "the name of the next file is wrong")
          }
        }
      }
    }

    @Test(arguments: [MultipathPolicy.off, .required]) func urgentBytesBetweenCommandsDoNoHarm(policy: MultipathPolicy)
      async throws
    {
      try await Blocking.run {
        let lab = try NetworkLab(rate: "100mbit")
        try LabServer.with(in: lab.server) { server in
          let client = try LabClient(lab.client, server, policy: policy)
          for _ in 0..<20 {
            try client.ftp.control.send([0xFF, 0xF4, 0xFF, 0xF2], urgent: true)
            try client.ftp.command("NOOP", expecting: 200)
            try client.ftp.control.send(bytes("NOOP\r\n"), urgent: true)
            try client.ftp.expect(200)
          }
        }
      }
    }
  }
}
