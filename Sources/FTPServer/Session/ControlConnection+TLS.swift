// TLS on a control connection: how it begins, how bytes pass, and how it ends.

import FTPProtocol
import LinuxSystem
import TransportSecurity

extension ControlConnection {
  /// How far TLS has come on this connection.
  enum Protection: Equatable {
    case clear
    case handshaking
    case secured
    /// CCC was answered and close_notify sent: TLS records may still come, then plain text.
    case clearing
    /// Plain again after CCC; data connections are still bound to what was.
    case cleared
  }

  /// Makes this the server's end of a TLS connection; ``TLSConnection/handshake()`` follows.
  ///
  /// - Parameter namedHost: the virtual host HOST has chosen.
  func beginTLS(_ context: TLSContext, namedHost: String?) throws(FTPError) -> TLSConnection {
    do throws(OpenSSLError) {
      // OpenSSL reads and writes by itself: it must never block the session's worker.
      try? Socket.setBlocking(number, false)
      let connection = try context.control(over: number, namedHost: namedHost)
      tls = connection
      protection = .handshaking
      return connection
    } catch {
      throw .securityUnavailable("TLS is not available now: \(error)")
    }
  }

  func receiveSecured(_ tls: TLSConnection, lingering: Bool) -> Input {
    // Lingering: the socket does not block any more, so this waits for it.
    if lingering, !tls.hasPendingBytes, !Poll.wait(number, .readable, milliseconds: Int32(Self.linger)) {
      return .nothing
    }
    if protection == .clearing, let input = receiveClearing(tls) { return input }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      do throws(TLSError) {
        var received = 0
        repeat {
          switch try tls.read(into: buffer) {
          case .moved(let count):
            reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            received += count
          case .wants: return received > 0 ? .received : .nothing
          case .ended: return received > 0 ? .received : .ended
          }
          // A record holds up to 16 KiB, and more may have been read ahead: the socket will not tell of what is left in there.
          // One who sends without pause is read no further than this before his commands are looked at.
        } while tls.hasPendingBytes && received < 64 * 1024
        return .received
      } catch {
        return .lost
      }
    }
  }

  /// After CCC: some clients send close_notify before they go on in clear, others do not. The first byte tells.
  private func receiveClearing(_ tls: TLSConnection) -> Input? {
    let isRecord: Bool
    if tls.hasPendingBytes {
      isRecord = true
    } else {
      guard let first = Socket.peekByte(number) else { return nil }
      // The content types of TLS records (RFC 8446, section 5.1); no command begins with such a byte.
      isRecord = (20...23).contains(first)
    }
    if isRecord {
      do throws(TLSError) {
        let read = try withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { (buffer) throws(TLSError) in
          try tls.read(into: buffer)
        }
        if read != .ended { return .nothing }
      } catch {
        // What broke TLS stays in the socket and would wake us for ever.
        return .lost
      }
    }
    endProtection()
    return receive()
  }

  private func endProtection() {
    protection = .cleared
    try? Socket.setBlocking(number, true)
  }

  /// Ends the protection as CCC asks (RFC 2228, section 3): its reply has been sent.
  func clear() {
    tls?.stopReadingAhead()
    _ = try? tls?.close()
    protection = .clearing
  }

  /// Says that nothing more will be sent: close_notify where there is TLS, then the end of file.
  func endOutput() {
    if protection == .secured { _ = try? tls?.close() }
    Socket.shutdownWriting(number)
  }
}

extension ControlConnection {
  /// Has the next reply bring the client a fresh ticket for its data connection: many clients use each one once (JSSE, .NET).
  func offerTicket() { if protection == .secured { tls?.offerTicket() } }
}
