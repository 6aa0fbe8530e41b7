// What a probe of the host found: how bad, what it means for file transfers, and what to type.

/// One thing about this host that an operator may want to know or change.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
  public enum Severity: Int, Sendable, Hashable, Comparable, CaseIterable, CustomStringConvertible {
    /// Worth knowing; nothing is wrong.
    case notice
    /// Something works worse than it could, or could go wrong.
    case warning
    /// What was asked for cannot work.
    case error

    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    public var description: String {
      switch self {
      case .notice: "notice"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  public let severity: Severity
  /// A name that does not change between releases, for example `checksum-off`.
  public let id: String
  /// What was found.
  public let summary: String
  /// What it means for FTP.
  public let meaning: String
  /// The same in a few words.
  public let gist: String
  /// The commands that change it, to be run as root, each a line for a shell; empty if no command can.
  public let commands: [String]

  /// - Parameter gist: `meaning` in a few words; nil if it has few already.
  public init(
    _ severity: Severity, _ id: String, _ summary: String, meaning: String, gist: String? = nil, commands: [String] = []
  ) {
    self.severity = severity
    self.id = id
    self.summary = summary
    self.meaning = meaning
    self.gist = gist ?? meaning
    self.commands = commands
  }

  /// One line for a log, without the severity, which the logger adds.
  public var line: String {
    let remedy = commands.isEmpty ? "" : ". To change it: \(commands.joined(separator: "; "))"
    return "\(summary): \(meaning)\(remedy)"
  }

  /// One line of at most `limit` characters: what was found, in a few words what it means, what to type if there is room for all of
  /// it, and where the rest can be read. What is too long nevertheless is cut before the place.
  ///
  /// - Parameter page: where the rest stands.
  public func brief(limit: Int = 160, page: String) -> String {
    let place = " (\(page))"
    let told = "\(summary): \(gist)"
    let remedy = commands.isEmpty ? "" : ". To change it: \(commands.joined(separator: "; "))"
    let room = limit - place.count
    if told.count + remedy.count <= room { return told + remedy + place }
    return (told.count <= room ? told : told.prefix(max(0, room - 1)) + "…") + place
  }

  public var description: String { "\(severity): \(line)" }
}
