// The errors of a user table, in one type with stable codes and messages that say what to do.

import Glibc

/// An error of reading or editing a user table.
public struct UserTableError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of error. Codes are stable, so that callers can rely on them.
  public enum Code: String, Sendable {
    /// Lines of the table (or of an imported file) cannot be understood; `problems` lists all of them.
    case malformed
    /// The file must not be used for passwords: everybody can write it, it is not a regular file, or it is too large.
    case unsafeFile = "unsafe-file"
    /// There is no such file.
    case missingFile = "missing-file"
    /// The system refused; `errno` says why.
    case system
    /// The table has no user of that name.
    case unknownUser = "unknown-user"
    /// The table already has a user of that name.
    case userExists = "user-exists"
    /// The tables of a database are of another version than this program's.
    case schema
    /// The name, home or hash to be written is not allowed in a table.
    case invalidEntry = "invalid-entry"
  }

  /// One thing that is wrong with one line.
  public struct Problem: Sendable, Equatable {
    /// The line, from 1.
    public let line: Int
    /// What is wrong and what was expected there. Never contains the password field.
    public let message: String
  }

  /// The kind of error.
  public let code: Code
  /// The file it is about.
  public let source: String
  /// What happened and what to do, for errors that are not about lines.
  public let message: String
  /// The error number of the system call that failed, else 0.
  public let errno: Int32
  /// Every line that could not be understood, in order.
  public let problems: [Problem]

  /// An error that is not about lines.
  public init(_ code: Code, source: String, message: String, errno: Int32 = 0) {
    self.code = code
    self.source = source
    self.message = message
    self.errno = errno
    self.problems = []
  }

  init(source: String, problems: [Problem]) {
    self.code = .malformed
    self.source = source
    self.message = ""
    self.errno = 0
    self.problems = problems
  }

  /// The error of a failed system call; `action` completes "cannot …".
  static func system(_ action: String, _ source: String, errno: Int32) -> UserTableError {
    let reason = systemText(errno)
    if errno == ENOENT {
      return UserTableError(
        .missingFile, source: source, message: "cannot \(action): \(reason). Check the path.", errno: errno)
    }
    let advice = errno == EACCES || errno == EPERM ? " Run this as the owner of the file." : ""
    return UserTableError(.system, source: source, message: "cannot \(action): \(reason).\(advice)", errno: errno)
  }

  /// One line per problem, each beginning with the file and, where there is one, the line: `FILE:LINE: …`.
  public var description: String {
    if problems.isEmpty { return "\(source): \(message)" }
    return problems.map { "\(source):\($0.line): \($0.message)" }.joined(separator: "\n")
  }
}

/// The system's words for an error number.
func systemText(_ errno: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  guard strerror_r(errno, &buffer, buffer.count) == 0 else { return "error \(errno)" }
  return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}
