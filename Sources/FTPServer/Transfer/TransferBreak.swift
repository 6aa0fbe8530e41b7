// Why a transfer, or other work that a client waits for, ended before its time.

import FTPProtocol
import LinuxSystem

/// What broke a transfer off. Whoever has to tell one break from another switches over it; nobody compares texts.
enum TransferBreak: Error, Sendable {
  /// Nothing moved for as long as was allowed.
  case stalled
  /// The client sent ABOR.
  case aborted
  /// The server goes down and waits no longer.
  case serverEnding
  /// The data connection failed.
  case dataConnectionLost(SystemError)
  /// The file became shorter while it was sent: a short file with a 226 would be taken for the whole.
  case fileShortened
  /// The data ended before the codec had seen the end of the file.
  case endedEarly(CodingError)
  /// So many bytes of RANG's octets did not come.
  case rangeUnfinished(missing: Int64)
  /// An upload under TLS ended without close_notify (RFC 8446, section 6.1), so it may be cut short.
  case closeMissing
  /// Work on files was stopped; of a tree's removal it is known how many entries are gone.
  case stopped(removed: UInt64?)
}
