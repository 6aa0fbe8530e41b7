// Both roles against another's ends: our client against `openssl s_server`, our server against `openssl s_client`.

import COpenSSL
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import TransportSecurity

@Suite(.enabled(if: isInstalled("openssl"), "needs the program openssl")) struct OpenSSLProgramTests {
  private let directory: CertificateDirectory
  private let root: TestIssuer
  private let files: CertificateFiles
  private let authority: String

  init() throws {
    signal(SIGPIPE, SIG_IGN)
    directory = try CertificateDirectory()
    root = try TestIssuer()
    files = try root.issue("server", in: directory).files
    authority = try root.file("root.crt", in: directory)
  }

  /// A running s_server that sends each line back reversed, and where it listens.
  private func server(_ arguments: [String]) throws -> (ChildProcess, Endpoint) {
    let process = try ChildProcess(
      ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.certificate, "-key", files.key ?? "", "-rev"]
        + arguments)
    // It prints `ACCEPT 127.0.0.1:40123` once it listens.
    var count = 1
    while true {
      let lines = try process.waitForLines(count, patience: .seconds(20))
      if let line = lines.last, line.hasPrefix("ACCEPT "), let endpoint = Endpoint(text: String(line.dropFirst(7))) {
        return (process, endpoint)
      }
      count += 1
    }
  }

  private func client(_ change: (inout TLSClientOptions) -> Void = { _ in }) throws -> TLSClientContext {
    var options = TLSClientOptions()
    options.authorities = .files([authority])
    change(&options)
    return try TLSClientContext(options)
  }

  /// A socket and the TLS connection over it; each wait has a deadline.
  private struct Line {
    let socket: Connection
    let tls: TLSConnection

    init(_ endpoint: Endpoint, _ make: (Int32) throws -> TLSConnection) throws {
      socket = try Connection(to: endpoint)
      tls = try make(socket.descriptor)
      while case .wants(let readiness) = try tls.handshake() { try wait(readiness) }
    }

    private func wait(_ readiness: Readiness) throws {
      let isReady = Deadline.after(.seconds(20)).wait(socket.descriptor, readiness == .readable ? POLLIN : POLLOUT)
      try #require(isReady, "openssl did not answer")
    }

    func receive() throws -> String {
      var buffer = [UInt8](repeating: 0, count: 1000)
      while true {
        switch try buffer.withUnsafeMutableBytes({ try tls.read(into: $0) }) {
        case .moved(let count): return String(decoding: buffer[..<count], as: UTF8.self)
        case .wants(let readiness): try wait(readiness)
        case .ended: return ""
        }
      }
    }

    func ask(_ text: String) throws -> String {
      let bytes = Array(text.utf8)
      #expect(try bytes.withUnsafeBytes { try tls.write($0) } == .moved(bytes.count))
      return try receive()
    }

    /// Says close_notify and waits for the server's.
    func end() throws {
      #expect(try tls.close() == .done)
      #expect(try receive() == "")
    }
  }

  /// The other end takes one connection at a time: the control connection ends before its data connections begin.
  @Test(arguments: [("-tls1_3", []), ("-tls1_2", []), ("-tls1_2", ["-no_ticket"])] as [(String, [String])])
  func resumesOnEveryDataConnection(_ version: String, _ more: [String]) throws {
    let (process, endpoint) = try server([version] + more)
    let name = try #require(TLSServerName("ftp.example.org"))
    let context = try client()
    let control = try Line(endpoint) { try context.control(over: $0, server: name) }
    #expect(!control.tls.isResumed)
    #expect(try control.ask("NOOP\n") == "POON\n")
    #expect(control.tls.hasUnusedSession)
    try control.end()
    var tickets: Set<[UInt8]> = []
    for round in 0..<5 {
      let data = try Line(endpoint) { try control.tls.data(over: $0, receives: true, byKernel: false) }
      #expect(data.tls.isResumed, "data connection \(round)")
      tickets.insert(data.tls.ticket)
      // Each brings a ticket of its own before its first bytes.
      #expect(try data.ask("abc\n") == "cba\n")
      try data.end()
    }
    if version == "-tls1_3" { #expect(tickets.count == 5) }
    withExtendedLifetime(process) {}
  }

  @Test func aSecondTicketIsNotNeeded() throws {
    let (process, endpoint) = try server(["-tls1_3", "-num_tickets", "0"])
    let name = try #require(TLSServerName("ftp.example.org"))
    let context = try client()
    let control = try Line(endpoint) { try context.control(over: $0, server: name) }
    #expect(try control.ask("NOOP\n") == "POON\n")
    #expect(!control.tls.hasUnusedSession)
    try control.end()
    // Without any ticket it shows the same certificate instead.
    let data = try Line(endpoint) { try control.tls.data(over: $0, receives: true, byKernel: false) }
    #expect(!data.tls.isResumed)
    #expect(try data.ask("abc\n") == "cba\n")
    withExtendedLifetime(process) {}
  }

  @Test func tellsAnotherServersCertificateApart() throws {
    let (process, endpoint) = try server([])
    let name = try #require(TLSServerName("other.example.org"))
    do {
      _ = try Line(endpoint) { try client().control(over: $0, server: name) }
      Issue.record("the wrong server was believed")
    } catch let error as TLSError {
      #expect(
        error.description
          == "the certificate of other.example.org is refused: it is not for other.example.org but for ftp.example.org, 127.0.0.1"
      )
    }
    withExtendedLifetime(process) {}
  }

  @Test func showsItsCertificate() throws {
    let own = try root.issue("alice", in: directory) { $0.purpose = "clientAuth" }.files
    let (process, endpoint) = try server(["-Verify", "2", "-verify_return_error", "-CAfile", authority])
    let name = try #require(TLSServerName("127.0.0.1"))
    let line = try Line(endpoint) { try client { $0.certificate = own }.control(over: $0, server: name) }
    #expect(try line.ask("abc\n") == "cba\n")
    try line.end()
    let without = try Line(endpoint) { try client().control(over: $0, server: name) }
    #expect(throws: TLSError.refused(TLSAlert(number: 116))) { try without.receive() }
    withExtendedLifetime(process) {}
  }

  @Test(arguments: ["-tls1_2", "-tls1_3"]) func ourServerIsBelievedByTheirClient(_ version: String) throws {
    var options = TLSOptions()
    options.certificates = [files]
    let context = try TestServer.context(options)
    let listener = try Listener()
    let process = try ChildProcess(
      [
        "openssl", "s_client", "-connect", "\(listener.endpoint)", version, "-CAfile", authority,
        "-verify_return_error",
        "-verify_hostname", "ftp.example.org", "-alpn", "ftp", "-quiet",
      ], input: Array("QUIT\n".utf8))
    let socket = try listener.accept()
    let tls = try context.control(over: socket.descriptor)
    let deadline = Deadline.after(.seconds(20))
    while case .wants = try tls.handshake() { try #require(deadline.wait(socket.descriptor, POLLIN)) }
    #expect(tls.applicationProtocol == .ftp)
    var buffer = [UInt8](repeating: 0, count: 100)
    var received = 0
    while received < 5 {
      switch try buffer.withUnsafeMutableBytes({
        try tls.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[received...]))
      }) {
      case .moved(let count): received += count
      case .wants: try #require(deadline.wait(socket.descriptor, POLLIN))
      case .ended: try #require(Bool(false), "s_client has gone: \(process.errorText)")
      }
    }
    #expect(buffer.prefix(received).elementsEqual("QUIT\n".utf8))
    let reply = Array("221 bye\n".utf8)
    #expect(try reply.withUnsafeBytes { try tls.write($0) } == .moved(reply.count))
    #expect(try tls.close() == .done)
    socket.close()
    #expect(process.waitForExit(patience: .seconds(20)) == 0, "\(process.errorText)")
    #expect(process.outputText == "221 bye\n")
  }
}
