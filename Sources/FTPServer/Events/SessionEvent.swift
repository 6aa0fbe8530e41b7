// What happens in sessions, as one stream that logs, figures, transfer logs and whoever embeds the server read.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Logging

/// Something that happened in a session.
public struct SessionEvent: Sendable {
  /// What it was, for readers that count or act.
  public enum Kind: Sendable {
    /// A client was let in, or turned away before its session began.
    case sessionBegan, refused
    case sessionEnded
    case login, loginFailed
    /// A login came to its end: by QUIT, REIN, the end of the connection, or whatever else.
    case logout
    /// A command was answered; the record has the verb and the reply's code.
    case command
    case transferBegan(TransferDirection)
    /// A transfer ended, well or not; its final reply is queued. Indirect: what is told is passed on and looked at a dozen times.
    indirect case transferEnded(TransferOutcome)
    /// Files or directories were made, changed, moved or removed, other than by an upload.
    case changed
    /// Anything else an operator may want to read.
    case notice
  }

  public let kind: Kind
  /// How much it matters to who reads the log.
  public let level: Logger.Level
  /// What happened, in words.
  public let message: Logger.Message
  /// Who, what and how.
  public let record: EventRecord

  public init(kind: Kind, level: Logger.Level, message: Logger.Message, record: EventRecord) {
    self.kind = kind
    self.level = level
    self.message = message
    self.record = record
  }
}

/// Which way the bytes of a transfer go.
public enum TransferDirection: String, Sendable {
  case download, upload
  /// A listing goes to the client, too.
  case listing
  /// No data connection: a digest, a copy, a walk through a tree.
  case fileWork = "file work"
}

/// What became of a transfer.
public struct TransferOutcome: Sendable {
  public let direction: TransferDirection
  /// Bytes moved on the data connection.
  public let bytes: UInt64
  /// The final reply's code; 226 and 250 alone mean success. Nil when the client was gone.
  public let reply: UInt16?
  public let isComplete: Bool
  /// Why it is not complete.
  let note: String?
  /// The same as one of a few causes; nil when it is complete.
  public let failure: TransferFailure?
  /// Converted as text (TYPE A or E), and not sent as it is.
  public let isText: Bool
  /// MODE C or Z.
  public let isCompressed: Bool
  public let isAnonymous: Bool
  /// The data connection is under TLS, or was to be.
  public let isPrivate: Bool
  /// Nil if no data connection was established.
  public let connection: DataConnectionReport?

  public init(
    direction: TransferDirection, bytes: UInt64, reply: UInt16?, isComplete: Bool, note: String? = nil,
    isText: Bool = false, isCompressed: Bool = false, isAnonymous: Bool = false, isPrivate: Bool = false,
    failure: TransferFailure? = nil, connection: DataConnectionReport? = nil
  ) {
    self.direction = direction
    self.bytes = bytes
    self.reply = reply
    self.isComplete = isComplete
    self.note = note
    self.isText = isText
    self.isCompressed = isCompressed
    self.isAnonymous = isAnonymous
    self.isPrivate = isPrivate
    self.failure = failure
    self.connection = connection
  }
}
