// The client's end of a TLS connection, straight over OpenSSL, and a pair of sockets between the two ends.

import COpenSSL
import Glibc
import LinuxSystem

@testable import TransportSecurity

/// A TLS client for tests: it verifies nothing and offers what it is told to.
final class TestClient {
  struct Offer {
    var maximum: Int32 = TLS1_3_VERSION
    var protocols: [String] = []
    var name: String?
    var usesTickets = true
    /// PEM files of a client certificate and its key.
    var certificate: CertificateFiles?
  }

  let ssl: OpaquePointer
  private let context: OpaquePointer

  init(_ socket: Int32, _ offer: Offer = Offer(), resuming session: OpaquePointer? = nil) {
    context = SSL_CTX_new(TLS_client_method())
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(offer.maximum), nil)
    if !offer.usesTickets { SSL_CTX_set_options(context, 1 << 14) }
    if let files = offer.certificate {
      SSL_CTX_use_certificate_chain_file(context, files.certificate)
      SSL_CTX_use_PrivateKey_file(context, files.key ?? files.certificate, SSL_FILETYPE_PEM)
    }
    ssl = SSL_new(context)
    SSL_set_fd(ssl, socket)
    let list = offer.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    _ = weft_set_client(ssl, offer.name, list, UInt32(list.count))
    if let session { SSL_set_session(ssl, session) }
    SSL_set_connect_state(ssl)
  }

  deinit {
    SSL_free(ssl)
    SSL_CTX_free(context)
  }

  /// One step of the handshake; true when it is done.
  func handshake() throws -> Bool {
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 { return true }
    let code = SSL_get_error(ssl, result)
    guard code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE else { throw OpenSSLError() }
    return false
  }

  func write(_ bytes: [UInt8]) -> Bool {
    ERR_clear_error()
    return SSL_write(ssl, bytes, Int32(bytes.count)) == Int32(bytes.count)
  }

  /// What lies there, tickets taken in on the way.
  func read() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      ERR_clear_error()
      let count = SSL_read(ssl, &buffer, 16_384)
      if count <= 0 { return all }
      all += buffer[..<Int(count)]
    }
  }

  func closeNotify() { SSL_shutdown(ssl) }

  /// Whether the server has said close_notify.
  var sawCloseNotify: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

  var isResumed: Bool { SSL_session_reused(ssl) == 1 }

  /// The session as a data connection would resume it; to be freed.
  var session: OpaquePointer { SSL_get1_session(ssl) }

  /// Tells sessions apart by their tickets.
  var ticket: [UInt8] { TransportSecurityTests.ticket(of: ssl) }
}

/// The ticket of a connection's session; empty when it has none.
func ticket(of ssl: OpaquePointer) -> [UInt8] {
  guard let session = SSL_get_session(ssl) else { return [] }
  var bytes: UnsafePointer<UInt8>?
  var count = 0
  SSL_SESSION_get0_ticket(session, &bytes, &count)
  return bytes.map { Array(UnsafeBufferPointer(start: $0, count: count)) } ?? []
}

/// Two connected, non-blocking sockets.
final class SocketPair {
  let server: Int32
  let client: Int32
  private var isClientOpen = true

  init() {
    // As in the daemon: OpenSSL writes by write(2), which has no flag against the signal.
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [0, 0]
    _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends)
    (server, client) = (ends[0], ends[1])
  }

  /// What the client's TCP would do on close(2): the end of file.
  func closeClient() {
    guard isClientOpen else { return }
    isClientOpen = false
    Glibc.close(client)
  }

  deinit {
    closeClient()
    Glibc.close(server)
  }
}

/// Both ends of a connection whose handshake is done.
struct Pair {
  let sockets: SocketPair
  let server: TLSConnection
  let client: TestClient

  /// Shakes hands between `server` and a client with `offer`.
  init(
    _ make: (Int32) throws -> TLSConnection, _ offer: TestClient.Offer = .init(), resuming session: OpaquePointer? = nil
  ) throws {
    sockets = SocketPair()
    server = try make(sockets.server)
    client = TestClient(sockets.client, offer, resuming: session)
    var isServerDone = false
    var isClientDone = false
    for _ in 0..<20 where !isServerDone || !isClientDone {
      if !isClientDone { isClientDone = try client.handshake() }
      if !isServerDone { isServerDone = try server.handshake() == .done }
    }
    guard isServerDone, isClientDone else { throw TLSError.ended }
  }

  /// Sends `text` from the server to the client, with whatever goes before it.
  func tell(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    _ = try bytes.withUnsafeBytes { try server.write($0) }
    return String(decoding: client.read(), as: UTF8.self)
  }
}

/// A context with a self-signed certificate.
func selfSignedContext(_ change: (inout TLSOptions) -> Void = { _ in }) throws -> TLSContext {
  var options = TLSOptions()
  change(&options)
  return try TLSContext(options) { () throws(OpenSSLError) in try SelfSignedCertificate() }
}
