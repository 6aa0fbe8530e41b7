// What an operator may choose of the log: the form of its lines and where they go.

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One line for people.
  case text
  /// One JSON object a line.
  case json
}

/// Where log lines go.
public enum LogTarget: String, Sendable, CaseIterable {
  /// The journal when standard error leads there, else standard error.
  case automatic = "auto"
  /// Standard error, in the form of `log.format`.
  case standardError = "stderr"
  /// The journal, with fields.
  case journal
}
