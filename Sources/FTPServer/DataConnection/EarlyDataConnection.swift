// A data connection that the client makes, and under PROT P shakes hands on, before it sends the transfer command.

import FTPTransfer
import LinuxSystem
import TransportSecurity

/// A data connection that waits for its transfer command, its handshake begun, done or not there yet. Clients such as aioftp and those of
/// .NET shake hands as soon as they are connected, and send the command only afterwards: nobody would answer them otherwise.
final class EarlyDataConnection {
  let data: DataConnection
  /// When it is closed for want of a command.
  let expires: MonotonicTime
  /// TLS, as soon as the client has begun it.
  private(set) var tls: TLSConnection?
  /// What broke the handshake: the transfer command is told.
  private(set) var failure: TLSError?
  /// What its handshake waits for; nil when there is nothing more to wait for.
  private(set) var wants: Readiness? = .readable

  /// The content type of a TLS record that holds a handshake (RFC 8446, section 5.1).
  private static let handshakeRecord: UInt8 = 22

  init(_ data: DataConnection, expires: MonotonicTime) {
    self.data = data
    self.expires = expires
  }

  /// Goes on with the handshake as far as the socket allows.
  ///
  /// - Parameter begin: makes the server's end of TLS. It is asked for when the client has begun to speak TLS, not before: one that says
  ///   PROT C after all, or comes with a file, is left alone.
  func shakeHands(_ begin: () throws(TLSError) -> TLSConnection) {
    do throws(TLSError) {
      let connection: TLSConnection
      if let tls {
        connection = tls
      } else {
        var first = Socket.peekByte(data.number)
        if first == nil {
          // Nothing has come yet, or something has just now, or nothing will any more.
          guard Poll.wait(data.number, .readable, milliseconds: 0) else { return }
          first = Socket.peekByte(data.number)
        }
        guard first == Self.handshakeRecord else {
          wants = nil
          return
        }
        data.prepareForTLS()
        connection = try begin()
        tls = connection
      }
      if case .wants(let readiness) = try connection.handshake() { wants = readiness } else { wants = nil }
    } catch {
      failure = error
      wants = nil
    }
  }
}

extension Session {
  /// Something has come on a data connection while the session waited for a command.
  func inspectData() {
    channels.inspect()
    // As TLS's client this server begins, and not before the command.
    guard protection.isPrivate, !protection.isTLSClient, let control = control.tls else { return }
    channels.early?.shakeHands { () throws(TLSError) in
      // Which way the bytes will go is not known yet, so they are encrypted here and not in the kernel.
      guard let number = channels.early?.data.number else { throw .ended }
      return try control.data(over: number, receives: false, byKernel: false)
    }
  }
}
