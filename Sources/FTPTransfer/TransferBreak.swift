// Why a transfer ended before its time, or did not begin.

import FTPProtocol
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// What broke a transfer off. Whoever has to tell one break from another switches over it; nobody compares texts.
///
/// What the other side is told of it is the caller's business: a server has reply codes for that, a client has none.
public enum TransferBreak: Error, Sendable {
  // MARK: on either side

  /// Nothing worth mentioning moved for as long as a transfer may stand still (``Pace``), or a deadline has passed.
  case stalled
  /// It moved less than so many bytes of the file a second.
  case tooSlow(minimum: UInt64)
  /// All bytes have moved that may move at all in this time (``ByteAllowance``).
  case usedUp
  /// The file may not become as long as what comes (``FileAllowance``).
  case quotaExceeded
  /// Nobody can tell now how many bytes may move, or how long the file may become.
  case quotaUnknown
  /// The transfer was aborted: ABOR came, or the user cancelled.
  case aborted
  /// The process goes down and waits no longer.
  case ending
  /// The control connection is gone: nothing can be said any more.
  case controlConnectionLost
  /// The data connection failed.
  case dataConnectionLost(SystemError)
  /// A call on the file failed.
  case file(SystemError, isTarget: Bool)

  // MARK: before the first byte

  /// Nobody connected to the passive port in time.
  case nobodyConnected
  /// A connection could not be accepted.
  case acceptFailed(SystemError)
  /// The connection to this address came to nothing.
  case connectFailed(SocketAddress, MultipathError)
  /// The connection to this address did not come about in time.
  case connectTimedOut(SocketAddress)
  /// Multipath TCP was required, and the connection has none.
  case notMultipath
  /// The TLS handshake failed.
  case handshakeFailed(TLSError)
  /// The TLS handshake was not done in time.
  case handshakeTimedOut

  // MARK: what is wrong with the bytes

  /// The file became shorter while it was sent: a short file that ends in order would be taken for the whole.
  case fileShortened
  /// The file is not what the transfer parameters say.
  case cannotEncode(CodingError)
  /// What came cannot be decoded.
  case cannotDecode(CodingError)
  /// What came leaves the codec without progress.
  case undecodable
  /// Bytes follow the end of the file.
  case bytesBehindEnd
  /// The upload is longer than the range; nothing beyond the range was written.
  case beyondRange
  /// The upload ended So many bytes before the end of the range.
  case rangeUnfinished(missing: Int64)
  /// The file was changed while it was sent, so what was sent is neither the old nor the new one.
  case fileChanged
  /// The upload ended before it had as many bytes as were announced for it.
  case endedBeforeAnnounced(missing: UInt64)
  /// An upload under TLS ended without close_notify (RFC 8446, section 6.1), so it may be cut short.
  case closeMissing
  /// The control connection ended with the upload, so the client may have been killed in the midst of it.
  case endUnknown
  /// There is no memory for the codec of MODE Z.
  case outOfMemory
}

/// Runs a call on a file, and gives its failure the form of a break.
///
/// - Parameter isTarget: the file is the one the transfer fills, not one it reads.
func onFile<Result: ~Copyable>(
  isTarget: Bool = false, _ body: () throws(SystemError) -> Result
) throws(TransferBreak) -> Result {
  do { return try body() } catch { throw .file(error, isTarget: isTarget) }
}

/// Runs a call on the data connection, and gives its failure the form of a break.
func onData(_ body: () throws(SystemError) -> Progress) throws(TransferBreak) -> Progress {
  do { return try body() } catch { throw .dataConnectionLost(error) }
}
