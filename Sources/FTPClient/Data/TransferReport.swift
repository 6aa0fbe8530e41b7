// What a transfer was, told when it is done.

import FTPProtocol
import FTPTransfer

/// A transfer that went well.
public struct TransferReport: Sendable {
  /// Bytes on the data connection; in TYPE I, MODE S those of the file.
  public let bytes: UInt64
  /// Where in the file it began.
  public let offset: UInt64
  /// From the transfer command to its final reply.
  public let duration: Duration
  /// The final reply.
  public let reply: ReceivedReply
  /// What protected the data, with `resumed` if it resumed the session of the control connection; nil in clear.
  public let protection: String?
  /// Whether the data connection resumed the TLS session of the control connection.
  public let isResumed: Bool
  /// What the data connection was, and what each of its paths has carried.
  public let connection: DataConnectionReport
}
