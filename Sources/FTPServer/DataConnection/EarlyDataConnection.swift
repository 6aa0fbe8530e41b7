// A data connection under PROT P that the client makes, and shakes hands on, before it sends the transfer command.

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

extension DataChannelFactory {
  /// How long strangers at the port keep it from being looked at again, in nanoseconds: they must not cost more than the looking.
  private static let pauseAfterStrangers: Int64 = 50_000_000

  /// What a session that waits for its next command has to notice of its data connections; a descriptor of -1: nothing.
  ///
  /// - Parameter isPrivate: PROT P holds. Without it a connection may wait at the listener until the command comes.
  func watched(isPrivate: Bool) -> (number: Int32, interest: Readiness) {
    if let idle { return (idle.watched, .readable) }
    if let early { return early.wants.map { (early.data.number, $0) } ?? (-1, []) }
    guard isPrivate, case .passive(let listener) = port, looksAgain == nil else { return (-1, []) }
    return (listener.number, .readable)
  }

  /// Takes the client's connection, if it is there, to wait for its command here. Whoever is not the client is sent away unheard.
  func acceptEarly(mayReuse: Bool, onStranger: (IPAddress) -> Void) {
    guard early == nil, case .passive = port else { return }
    // What goes wrong here goes wrong again for the transfer command, which has a reply.
    guard let data = try? acceptNow(mayReuse: mayReuse, onStranger: onStranger) else {
      looksAgain = MonotonicTime.now.advanced(by: Self.pauseAfterStrangers)
      return
    }
    release()
    early = EarlyDataConnection(data, expires: MonotonicTime.now.advanced(by: connectTime))
  }

  /// Has the early connection be that of the transfer that begins.
  func adoptEarly() -> EarlyDataConnection? {
    guard let early else { return nil }
    self.early = nil
    adopt(early.data)
    return early
  }

  /// Closes the early connection: another one is asked for, or nobody wants it.
  func closeEarly() {
    early?.data.close()
    early = nil
    looksAgain = nil
  }
}

extension Session {
  /// Something has come on a data connection while the session waited for a command.
  func inspectData() {
    if channels.idle != nil { return channels.inspectIdle() }
    guard protection.isPrivate, let control = control.tls else { return }
    channels.acceptEarly(mayReuse: mayKeepPorts) { noteStranger($0) }
    channels.early?.shakeHands { () throws(TLSError) in
      // Which way the bytes will go is not known yet, so they are encrypted here and not in the kernel.
      guard let number = channels.early?.data.number else { throw .ended }
      return try control.data(over: number, receives: false, byKernel: false)
    }
  }
}
