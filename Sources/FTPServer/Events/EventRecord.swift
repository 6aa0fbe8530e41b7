// What a log line tells of a session's event, as one value that a log back-end can format quickly.

import LinuxSystem

/// One event of a session. It travels as the metadata value `event` of a swift-log message.
///
/// It has no field for a password, so none can get into a log.
public struct EventRecord: Sendable, CustomStringConvertible {
  /// The number of the session, unique while the process lives.
  public var session: UInt64
  /// The number of the command in its session, if a command caused the event: with the session's number it names the request in metrics,
  /// hooks and log lines alike.
  public var request: UInt32?
  public var peer: SocketAddress
  /// The user's name as its bytes; empty before a login.
  public var user: [UInt8]
  /// The command's verb, or empty for an event that no command caused.
  public var verb: String
  /// The virtual path the command names, as its bytes.
  public var path: [UInt8]
  /// The virtual path a file was renamed or copied to, as its bytes; ``note`` has it for people.
  public var target: [UInt8] = []
  /// Bytes moved on the data connection.
  public var bytes: UInt64?
  public var duration: Duration?
  /// The reply code the client got.
  public var result: UInt16?
  /// What the data connection was, when multipath was wanted: its paths with their bytes, or why there are none.
  public var paths: String?
  /// The TLS of the connection: version, cipher, whether it resumed, who encrypts; nil in clear.
  public var tls: String?
  /// What a person should know besides.
  public var note: String?

  public init(
    session: UInt64, peer: SocketAddress, user: [UInt8] = [], verb: String = "", path: [UInt8] = [],
    bytes: UInt64? = nil, duration: Duration? = nil, result: UInt16? = nil, paths: String? = nil, tls: String? = nil,
    note: String? = nil, request: UInt32? = nil
  ) {
    self.session = session
    self.request = request
    self.peer = peer
    self.user = user
    self.verb = verb
    self.path = path
    self.bytes = bytes
    self.duration = duration
    self.result = result
    self.paths = paths
    self.tls = tls
    self.note = note
  }

  /// `7-12`: the twelfth command of session 7. Unique while the process lives.
  public var requestID: String? { request.map { "\(session)-\($0)" } }

  /// For log back-ends that do not know this type; control characters are escaped.
  public var description: String {
    var text = "session=\(session) peer=\(peer)"
    if !user.isEmpty { text += " user=\(Self.harmless(user))" }
    if !verb.isEmpty { text += " verb=\(verb)" }
    if !path.isEmpty { text += " path=\(Self.harmless(path))" }
    if let bytes { text += " bytes=\(bytes)" }
    if let duration { text += " duration=\(duration)" }
    if let result { text += " result=\(result)" }
    if let requestID { text += " request=\(requestID)" }
    if let paths { text += " paths=\(Self.harmless(Array(paths.utf8)))" }
    if let tls { text += " tls=\(Self.harmless(Array(tls.utf8)))" }
    if let note { text += " note=\(Self.harmless(Array(note.utf8)))" }
    return text
  }

  private static func harmless(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : "\($0)" }
      .joined()
  }
}
