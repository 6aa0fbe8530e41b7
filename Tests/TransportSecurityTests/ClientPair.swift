// Our client's role against our server's, over a pair of sockets.

import COpenSSL
import Glibc
import LinuxSystem
import Testing

@testable import TransportSecurity

/// Both ends of a connection whose handshake is done.
struct ClientPair {
  let sockets: SocketPair
  let server: TLSConnection
  let client: TLSConnection

  /// Shakes hands; throws what the client throws, and what the server does if the client has nothing to complain of.
  init(
    _ makeServer: (Int32) throws -> TLSConnection, _ makeClient: (Int32) throws -> TLSConnection, maximum: Int32? = nil
  ) throws {
    sockets = SocketPair()
    server = try makeServer(sockets.server)
    client = try makeClient(sockets.client)
    if let maximum { SSL_ctrl(client.ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximum), nil) }
    var isServerDone = false
    var isClientDone = false
    var fault: (any Error)?
    for _ in 0..<20 where !isClientDone || !isServerDone && fault == nil {
      if !isClientDone { isClientDone = try client.handshake() == .done }
      if !isServerDone, fault == nil {
        do { isServerDone = try server.handshake() == .done } catch { fault = error }
      }
    }
    if let fault { throw fault }
    try #require(isClientDone && isServerDone)
  }

  /// A data connection of both ends.
  func data(receives: Bool = true, byKernel: Bool = false, from another: TLSConnection? = nil) throws -> ClientPair {
    try ClientPair(
      { try (another ?? server).data(over: $0, receives: !receives, byKernel: byKernel) },
      { try client.data(over: $0, receives: receives, byKernel: byKernel) })
  }

  /// Sends `text` from the server to the client.
  func tell(_ text: String) throws -> String { try Self.send(text, from: server, to: client) }
  /// Sends `text` from the client to the server.
  func say(_ text: String) throws -> String { try Self.send(text, from: client, to: server) }

  private static func send(_ text: String, from sender: TLSConnection, to receiver: TLSConnection) throws -> String {
    let bytes = Array(text.utf8)
    #expect(try bytes.withUnsafeBytes { try sender.write($0) } == .moved(bytes.count))
    var buffer = [UInt8](repeating: 0, count: 1000)
    guard case .moved(let count) = try buffer.withUnsafeMutableBytes({ try receiver.read(into: $0) }) else { return "" }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// A reply of the server with a fresh ticket before it, as after PASV.
  func tellWithTicket() throws {
    server.offerTicket()
    #expect(try tell("227\r\n") == "227\r\n")
  }
}

extension TLSError {
  /// What was wrong with the server's certificate, if that was it.
  var rejection: CertificateRejection? {
    guard case .certificate(let rejection) = self else { return nil }
    return rejection
  }
}

extension TLSConnection {
  /// What a read of one byte comes to.
  func step() throws -> Received {
    var byte: [UInt8] = [0]
    return try byte.withUnsafeMutableBytes { try read(into: $0) }
  }

  /// The ticket it resumes, or would resume, by.
  var ticket: [UInt8] { TransportSecurityTests.ticket(of: ssl) }
}

/// A server's context and what its clients need: an authority, and a certificate of it.
final class TestServer {
  let directory: CertificateDirectory
  let root: TestIssuer
  let authority: String
  let context: TLSContext
  let certificate: CertificateFiles
  let serial: Int

  init(_ change: (inout TestIssuer.Wish) -> Void = { _ in }, options adjust: (inout TLSOptions) -> Void = { _ in })
    throws
  {
    directory = try CertificateDirectory()
    root = try TestIssuer()
    authority = try root.file("root.crt", in: directory)
    (certificate, serial) = try root.issue("server", in: directory, change)
    var options = TLSOptions()
    options.certificates = [certificate]
    adjust(&options)
    context = try Self.context(options)
  }

  static func context(_ options: TLSOptions) throws -> TLSContext {
    try TLSContext(options) { () throws(OpenSSLError) in try SelfSignedCertificate() }
  }

  /// A client that trusts the authority, unless `change` has it otherwise.
  func client(_ change: (inout TLSClientOptions) -> Void = { _ in }) throws -> TLSClientContext {
    var options = TLSClientOptions()
    options.authorities = .files([authority])
    change(&options)
    return try TLSClientContext(options)
  }

  /// A control connection of that client.
  func connect(
    _ name: String = "ftp.example.org", maximum: Int32? = nil, _ change: (inout TLSClientOptions) -> Void = { _ in }
  ) throws -> ClientPair {
    let client = try client(change)
    let server = try #require(TLSServerName(name))
    return try ClientPair(
      { try context.control(over: $0) }, { try client.control(over: $0, server: server) }, maximum: maximum)
  }

  /// What goes wrong when that client connects.
  func fault(
    _ name: String = "ftp.example.org", maximum: Int32? = nil, _ change: (inout TLSClientOptions) -> Void = { _ in }
  ) throws -> TLSError? {
    do {
      _ = try connect(name, maximum: maximum, change)
      return nil
    } catch let error as TLSError { return error }
  }
}
