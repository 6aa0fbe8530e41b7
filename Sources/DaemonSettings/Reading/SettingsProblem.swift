// What is wrong with the settings: where, which key, what was expected, and the nearest key that exists.

import SafeText
import YAMLDocument

/// Where a value comes from.
public enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
  case standard
  /// Lines count from 1; 0 when the whole file is meant.
  case file(path: String, line: Int)
  case environment(name: String)
  case assignment
  case option(name: String)

  /// As it leads a message: `weftpd.yaml:12`, `WEFTPD_PASSIVE_PORTS`, `--set`, `--listen`, `default`.
  public var description: String {
    switch self {
    case .standard: return "default"
    case .file(let path, let line): return line > 0 ? "\(path):\(line)" : path
    case .environment(let name): return name
    case .assignment: return "--set"
    case .option(let name): return name
    }
  }
}

/// One thing that is wrong, or odd, in the settings.
public struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
  public let origin: SettingOrigin
  /// The key concerned; empty when it is the file as a whole.
  public let key: String
  /// What is wrong, what was expected, and the nearest known key where the key is unknown.
  public let message: String

  public init(_ origin: SettingOrigin, key: String, _ message: String) {
    self.origin = origin
    self.key = key
    self.message = message
  }

  /// `weftpd.yaml:12: passive.port: unknown setting; the nearest is passive.ports`.
  ///
  /// One line, whatever the file holds: controls are escaped.
  public var description: String {
    var line = SafeLine()
    if origin != .standard { line.append("\(origin): ", .plain) }
    if !key.isEmpty, key != origin.description { line.append("\(key): ", .plain) }
    line.append(message, .plain)
    return String(decoding: line.bytes, as: UTF8.self)
  }

  /// Problems in the order a person goes through them: the file from its top, then the environment and the options.
  public static func inReadingOrder(_ problems: [SettingsProblem]) -> [SettingsProblem] {
    let ranked = problems.enumerated().map { (rank: $0.element.rank, place: $0.offset, problem: $0.element) }
    return ranked.sorted { ($0.rank.0, $0.rank.1, $0.place) < ($1.rank.0, $1.rank.1, $1.place) }.map(\.problem)
  }

  private var rank: (Int, Int) {
    switch origin {
    case .file(_, let line): return (0, line)
    case .standard: return (1, 0)
    case .environment: return (2, 0)
    case .assignment: return (3, 0)
    case .option: return (4, 0)
    }
  }
}

/// The settings cannot be used; every reason at once.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
  public let problems: [SettingsProblem]

  public init(_ problems: [SettingsProblem]) { self.problems = problems }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension SettingsProblem {
  static func unknown(_ origin: SettingOrigin, key: String, among names: [String]) -> SettingsProblem {
    let hint = nearestName(to: key, among: names).map { "; did you mean \($0)?" } ?? ""
    return SettingsProblem(origin, key: key, "unknown setting\(hint)")
  }

  static func rejected(_ origin: SettingOrigin, row: Setting, items: [String], _ rejection: Rejection)
    -> SettingsProblem
  {
    let value = items.map(quoted).joined(separator: ", ")
    return SettingsProblem(origin, key: row.key, "\(value) \(rejection.reason); expected \(row.expected)")
  }
}
