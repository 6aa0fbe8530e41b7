// Who measures what a server does: told of each command, transfer, login and refusal, with what it takes to count them.

import FTPProtocol
import FTPTransfer

/// Counts and times. All of it is called on workers and acceptors for every command, so it must be quick and never block.
///
/// A server without one does nothing for it.
public protocol ServerMeter: Sendable {
  /// A command got its final reply.
  func commandEnded(_ command: MeasuredCommand)
  /// A transfer has ended.
  func transferEnded(_ outcome: TransferOutcome)
  /// Something else happened: the beginning and end of sessions and logins.
  func happened(_ kind: SessionEvent.Kind)
  func loginFailed(_ why: LoginFailure)
  /// A client was turned away before its session began.
  func connectionRefused(_ why: ConnectionRefusal)
  /// An upload has got its name, its bytes on the disk where the settings ask for that, after so many nanoseconds.
  func uploadCommitted(nanoseconds: Int64)
  /// Something is kept of a broken upload.
  func partialKept()
  /// So many of those that were kept have been removed.
  func partialsRemoved(_ count: Int)
}

/// A command and what became of it.
public struct MeasuredCommand: Sendable {
  /// Where its name stands in ``FTPServer/commandNames``; their number for what is no command.
  public let index: Int
  /// The code of its final reply.
  public let reply: UInt16
  /// From its arrival to that reply, in nanoseconds: of a transfer all of it.
  public let nanoseconds: Int64
  public let session: UInt64
  /// The number of the command in its session.
  public let request: UInt32
}

/// Why a login failed.
public enum LoginFailure: String, Sendable, CaseIterable {
  /// The name, the password or the code is wrong; nobody is told which.
  case credentials
  /// Too many have failed of late: nobody looked at the password.
  case overBudget = "over_budget"
}

/// Why a client was turned away before its session began.
public enum ConnectionRefusal: String, Sendable, CaseIterable {
  case banned, server, address
  case beforeLogin = "before_login"
  case beforeLoginAddress = "before_login_address"
  case descriptors
  case multipathRequired = "multipath_required"
}

/// Why a transfer was not completed.
public enum TransferFailure: String, Sendable, CaseIterable {
  /// No PASV or PORT came before, or the client's port cannot be used.
  case noDataConnection = "no_data_connection"
  /// Nobody connected to the passive port in time.
  case nobodyConnected = "nobody_connected"
  case acceptFailed = "accept_failed"
  case connectFailed = "connect_failed"
  case connectTimedOut = "connect_timed_out"
  case notMultipath = "not_multipath"
  case handshakeFailed = "handshake_failed"
  case handshakeTimedOut = "handshake_timed_out"
  /// The data connection was lost.
  case connectionLost = "connection_lost"
  case controlConnectionLost = "control_connection_lost"
  case stalled
  case tooSlow = "too_slow"
  case aborted
  /// The server ends, or the operator has ended the session.
  case ended
  /// An upload that may be cut short.
  case incomplete
  /// A call on the file failed, or the file cannot be sent as was asked.
  case file
  /// What the transfer was refused for has nothing to do with its connection: permission, parameters, quotas.
  case refused

  init(_ error: FTPError) {
    self =
      switch error {
      case .controlConnectionLost: .controlConnectionLost
      case .noDataConnection: .noDataConnection
      case .file: .file
      case .broken(let cause): Self.cause(cause)
      default: .refused
      }
  }

  private static func cause(_ cause: TransferBreak) -> TransferFailure {
    switch cause {
    case .stalled: .stalled
    case .tooSlow: .tooSlow
    case .aborted: .aborted
    case .ending: .ended
    case .controlConnectionLost: .controlConnectionLost
    case .dataConnectionLost: .connectionLost
    case .nobodyConnected: .nobodyConnected
    case .acceptFailed: .acceptFailed
    case .connectFailed: .connectFailed
    case .connectTimedOut: .connectTimedOut
    case .notMultipath: .notMultipath
    case .handshakeFailed: .handshakeFailed
    case .handshakeTimedOut: .handshakeTimedOut
    case .rangeUnfinished, .endedBeforeAnnounced, .closeMissing, .endUnknown: .incomplete
    default: .file
    }
  }
}
