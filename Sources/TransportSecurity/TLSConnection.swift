// One end of a TLS connection over a non-blocking socket, a server's or a client's: handshake, reading, writing, closing.

import COpenSSL
import Glibc
import LinuxSystem

/// A TLS connection. It belongs to one session and is used by one thread at a time, not always by the same.
public final class TLSConnection {
  enum Role: Equatable {
    case control, data

    var protocols: [ApplicationProtocol] {
      self == .control ? ApplicationProtocol.forControl : ApplicationProtocol.forData
    }
  }

  /// What a step came to.
  public enum Step: Sendable, Equatable {
    case done
    /// Wait until the socket is ready for this, then call again.
    case wants(Readiness)
  }

  /// Which end this is, with what only that end has.
  enum End {
    /// The context it began with (a virtual host may have taken its place in ``ssl``), and what its data connections resume by.
    case server(TLSContext, SessionBinding)
    case client(ClientEnd)
  }

  let ssl: OpaquePointer
  let role: Role
  let end: End
  /// The virtual host the client had named in clear before the handshake; it says nothing of who named it. Nil at the client's end.
  let namedHost: String?
  /// Broken, or shut down: nothing may be sent any more.
  private(set) var isOver = false
  /// Whether the handshake is done: an error makes OpenSSL itself forget it.
  public private(set) var isEstablished = false
  /// What reading has met behind bytes that were still good; the next call tells.
  private var failure: TLSError?
  /// Whether the peer has closed its side, and whether it said so with close_notify (RFC 8446, section 6.1).
  public private(set) var peerEnd = PeerEnd.open
  /// Bytes sent since the keys were last changed.
  private var sentUnderKey: Int64 = 0

  /// How the peer has ended its side.
  public enum PeerEnd: Sendable, Equatable {
    case open
    case closed
    /// End of file without close_notify: what came may be cut short.
    case missingClose
  }

  /// Takes over an `SSL` that is on its socket and knows which end it is.
  init(owning ssl: OpaquePointer, role: Role, end: End, namedHost: String? = nil) {
    self.ssl = ssl
    self.role = role
    self.end = end
    self.namedHost = namedHost
    weft_set_owner(ssl, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { SSL_free(ssl) }

  static func owner(of ssl: OpaquePointer) -> TLSConnection? {
    weft_owner(ssl).map { Unmanaged<TLSConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The same end of a data connection of this control connection. A server's shows the same certificate and is bound to this
  /// connection; a client's resumes its session, and where the server does not, it has to show the same certificate.
  ///
  /// - Parameters:
  ///   - receives: bytes come this way in bulk: many records are read at once.
  ///   - byKernel: the kernel may encrypt what is sent (kTLS). Asking one that cannot costs two system calls for each connection.
  public func data(over socket: Int32, receives: Bool, byKernel: Bool) throws(TLSError) -> TLSConnection {
    let connection: TLSConnection
    do throws(OpenSSLError) {
      switch end {
      case .server(let context, let binding):
        connection = try TLSConnection(
          server: context, socket, role: .data, binding: binding, host: SSL_get_SSL_CTX(ssl))
      case .client(let client): connection = try clientData(of: client, over: socket)
      }
    } catch {
      throw .handshake(error)
    }
    weft_tune_for_bulk(connection.ssl, byKernel ? 1 : 0, receives ? 1 : 0)
    return connection
  }

  // MARK: handshake and end

  /// Goes on with the handshake as far as the socket allows.
  ///
  /// - Throws: at the client's end ``TLSError/certificate(_:)`` when the server's certificate will not do.
  public func handshake() throws(TLSError) -> Step {
    OpenSSLError.clearQueue()
    let result = SSL_do_handshake(ssl)
    if result == 1 {
      isEstablished = true
      if role == .control, case .server(_, let binding) = end { weft_binding_keep_session(binding.pointer, ssl) }
      return .done
    }
    switch try outcome(of: result) {
    case .wants(let readiness): return .wants(readiness)
    case .ended: throw .ended
    }
  }

  /// Sends close_notify. It does not wait for the peer's: ``read(into:)`` goes on until that has come.
  public func close() throws(TLSError) -> Step {
    if isOver || !isEstablished { return .done }
    OpenSSLError.clearQueue()
    let result = SSL_shutdown(ssl)
    if result >= 0 {
      isOver = true
      return .done
    }
    switch try outcome(of: result) {
    case .wants(let readiness): return .wants(readiness)
    case .ended: return .done
    }
  }

  /// Reads no byte beyond the record that is asked for from now on: what comes after TLS has ended is not TLS's (CCC).
  public func stopReadingAhead() { SSL_set_read_ahead(ssl, 0) }

  // MARK: bytes

  /// What reading came to.
  public enum Received: Sendable, Equatable {
    case moved(Int)
    case wants(Readiness)
    /// The peer has closed its side; ``peerEnd`` tells how.
    case ended
  }

  /// Reads what is there into `buffer`, record by record, until it is full or nothing more has come.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Received {
    if let failure { throw failure }
    if peerEnd != .open { return .ended }
    var filled = 0
    while filled < buffer.count {
      OpenSSLError.clearQueue()
      var count = 0
      let result = SSL_read_ex(ssl, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, &count)
      if result == 1 {
        filled += count
        // A command rarely has another right behind it: the read that says so is saved.
        if role == .control, !hasPendingBytes { return .moved(filled) }
        continue
      }
      do throws(TLSError) {
        switch try outcome(of: result) {
        case .wants(let readiness): return filled > 0 ? .moved(filled) : .wants(readiness)
        case .ended: return filled > 0 ? .moved(filled) : .ended
        }
      } catch {
        guard filled > 0 else { throw error }
        failure = error
        return .moved(filled)
      }
    }
    return .moved(filled)
  }

  /// Sends what goes. What did not has to be offered again, at least as much of it.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Progress {
    var sent = 0
    while sent < bytes.count {
      OpenSSLError.clearQueue()
      var count = 0
      let result = SSL_write_ex(ssl, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, &count)
      guard result == 1 else {
        guard case .wants = try outcome(of: result) else { throw .ended }
        break
      }
      sent += count
    }
    if sent == 0, !bytes.isEmpty { return .wouldBlock }
    changeKeysInTime(sent)
    return .moved(sent)
  }

  /// AES-GCM is safe for some 2^24.5 records under one key (RFC 8446, section 5.5); OpenSSL leaves it to its user to change it.
  private func changeKeysInTime(_ sent: Int) {
    sentUnderKey += Int64(sent)
    guard sentUnderKey >= 64 << 30, !sendsByKernel, SSL_version(ssl) == TLS1_3_VERSION else { return }
    sentUnderKey = 0
    if SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 { OpenSSLError.clearQueue() }
  }

  /// Whether the kernel encrypts what is sent: then ``sendFile(_:offset:count:)`` works.
  public var sendsByKernel: Bool { weft_sends_by_kernel(ssl) == 1 }

  /// Sends at most `count` bytes of `file` from `offset` (advanced) without copying them through this process. Source: SSL_sendfile(3).
  public func sendFile(_ file: Int32, offset: inout Int64, count: Int) throws(TLSError) -> Progress {
    OpenSSLError.clearQueue()
    let result = SSL_sendfile(ssl, file, off_t(offset), count, 0)
    if result >= 0 {
      offset += Int64(result)
      return .moved(result)
    }
    guard case .wants = try outcome(of: Int32(truncatingIfNeeded: result)) else { throw .ended }
    return .wouldBlock
  }

  // MARK: outcomes

  /// A client wants to know what was wrong with the server's certificate, or what the server had against it.
  private func fault(_ error: OpenSSLError) -> TLSError {
    guard case .client(let client) = end else { return .handshake(error) }
    if let rejection = client.rejection { return .certificate(rejection) }
    switch error.kind {
    case .alert(let number): return .refused(TLSAlert(number: number))
    case .endedWithoutClose: return .ended
    case .notTLS, .other: return .handshake(error)
    }
  }

  private enum Outcome {
    case wants(Readiness)
    case ended
  }

  /// What a call that did not succeed has to say. Source: SSL_get_error(3).
  private func outcome(of result: Int32) throws(TLSError) -> Outcome {
    let code = errno
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wants(.readable)
    case SSL_ERROR_WANT_WRITE: return .wants(.writable)
    case SSL_ERROR_ZERO_RETURN:
      peerEnd = .closed
      return .ended
    case SSL_ERROR_SYSCALL:
      isOver = true
      OpenSSLError.clearQueue()
      guard code != 0 else {
        peerEnd = .missingClose
        return .ended
      }
      throw .connection(SystemError(code: code, call: "TLS"))
    default:
      isOver = true
      let error = OpenSSLError()
      guard error.kind == .endedWithoutClose, isEstablished else { throw fault(error) }
      peerEnd = .missingClose
      return .ended
    }
  }
}
