// Reads the passwd-like user files of ProFTPD and Pure-FTPd and says which of their users can be imported.

/// The users in a file of another FTP server, as far as they can be imported.
public struct UserImport: Sendable {
  /// The two kinds of files, told apart by their number of fields.
  public enum Format: String, Sendable {
    /// AuthUserFile, mod_auth_file: `name:hash:uid:gid:gecos:home:shell`.
    case proftpd = "ProFTPD"
    /// pureftpd.passwd, pure-pw(8): the same first six fields, then limits, quotas and restrictions.
    case pureftpd = "Pure-FTPd"
  }

  /// One user who can be imported.
  public struct User: Sendable, Equatable {
    public let name: [UInt8]
    public let hash: String
    public let home: String
    public let isReadOnly: Bool
    /// The line of the file, from 1.
    public let line: Int
  }

  /// The format that was detected.
  public let format: Format
  /// The users who can be imported, in the order of the file.
  public let users: [User]
  /// The lines that cannot be imported, each with the reason. Never contains a password field.
  public let skipped: [UserTableError.Problem]
  /// For users who can be imported: what is lost, and what is unwise.
  public let warnings: [UserTableError.Problem]

  /// Reads the file at `path` (up to 64 MiB).
  /// - Throws: `UserTableError` if it cannot be read, or has neither format.
  public static func load(path: String) throws(UserTableError) -> UserImport {
    try UserImport(try TableFile.read(path: path).bytes, source: path)
  }

  /// Reads a file from bytes; `source` is its name for messages.
  public init(_ bytes: [UInt8], source: String) throws(UserTableError) {
    var rows: [(line: Int, fields: [ArraySlice<UInt8>])] = []
    for (offset, raw) in UserTable.lines(of: bytes).enumerated() {
      let line = raw.last == UInt8(ascii: "\r") ? raw.dropLast() : raw
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      rows.append((offset + 1, line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)))
    }
    guard let format = Self.detect(rows.map(\.fields.count)) else {
      throw UserTableError(
        source: source,
        problems: [
          .init(
            line: rows.first?.line ?? 1,
            message: "expected a line of ProFTPD (name:hash:uid:gid:gecos:home:shell, 7 fields) or of Pure-FTPd "
              + "(account:hash:uid:gid:gecos:home:… , 18 fields); no line has so many fields")
        ])
    }
    var users: [User] = []
    var skipped: [UserTableError.Problem] = []
    var warnings: [UserTableError.Problem] = []
    var lineOfName: [[UInt8]: Int] = [:]
    for row in rows {
      switch Self.read(row.fields, line: row.line, as: format) {
      case .failure(let reason): skipped.append(.init(line: row.line, message: reason.message))
      case .success(let user):
        let shown = Account.display(user.name)
        if let earlier = lineOfName.updateValue(user.line, forKey: user.name) {
          lineOfName[user.name] = earlier
          skipped.append(.init(line: user.line, message: "\(shown): the name is already in line \(earlier)"))
          continue
        }
        users.append(user)
        let remarks = [PasswordHash.weakness(of: user.hash)].compactMap(\.self) + Self.losses(row.fields, as: format)
        warnings += remarks.map { .init(line: user.line, message: "\(shown): \($0)") }
      }
    }
    self.format = format
    self.users = users
    self.skipped = skipped
    self.warnings = warnings
  }

  private struct Reason: Error { let message: String }

  /// The format of most lines; nil if no line has either format.
  private static func detect(_ fieldCounts: [Int]) -> Format? {
    let proftpd = fieldCounts.count { $0 == 7 }
    let pureftpd = fieldCounts.count(where: isPureFTPd)
    if proftpd == 0, pureftpd == 0 { return nil }
    return proftpd >= pureftpd ? .proftpd : .pureftpd
  }

  /// pure-pw writes 18 fields; old versions without quotas and times wrote fewer.
  private static func isPureFTPd(_ count: Int) -> Bool { (8...18).contains(count) }

  private static func read(_ fields: [ArraySlice<UInt8>], line: Int, as format: Format) -> Result<User, Reason> {
    func fail(_ message: String) -> Result<User, Reason> { .failure(Reason(message: message)) }
    let isComplete = format == .proftpd ? fields.count == 7 : isPureFTPd(fields.count)
    guard isComplete, fields.count > 5 else {
      let expected = format == .proftpd ? "7" : "18"
      return fail("expected the \(expected) fields of a \(format.rawValue) line, found \(fields.count)")
    }
    let name = Array(fields[0])
    let shown = name.isEmpty ? "no name" : Account.display(name)
    if let problem = UserEntry.problem(ofName: name) { return fail("\(shown): the name \(problem)") }
    let again = "; give a new password with `weftpd user add`"
    guard let hash = String(validating: fields[1], as: UTF8.self) else {
      return fail("\(shown): the password field contains characters that no hash contains\(again)")
    }
    if let problem = PasswordHash.problem(of: hash) { return fail("\(shown): the password field \(problem)\(again)") }
    guard let text = String(validating: fields[5], as: UTF8.self) else {
      return fail("\(shown): the home is not UTF-8")
    }
    let home = normalized(text)
    if let problem = UserEntry.problem(ofHome: home) { return fail("\(shown): the home \(problem)") }
    return .success(User(name: name, hash: hash, home: home, isReadOnly: false, line: line))
  }

  /// The home without the `/./` that marks a jail there (every home is one here), and without empty components.
  private static func normalized(_ home: String) -> String {
    guard home.hasPrefix("/") else { return home }
    return "/" + home.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// The restrictions in Pure-FTPd's further fields that the table cannot express.
  private static func losses(_ fields: [ArraySlice<UInt8>], as format: Format) -> [String] {
    guard format == .pureftpd else { return [] }
    let meanings: [(fields: ClosedRange<Int>, what: String)] = [
      (6...7, "bandwidth limit"), (8...9, "ratio"), (10...10, "limit of sessions"), (11...12, "quota"),
      (13...14, "restriction to local addresses"), (15...16, "restriction to client addresses"),
      (17...17, "restriction to times of day"),
    ]
    return meanings.compactMap { meaning in
      let isSet = meaning.fields.contains { fields.indices.contains($0) && !isUnset(fields[$0]) }
      return isSet ? "the \(meaning.what) is not taken over" : nil
    }
  }

  /// Empty, or only zeros: Pure-FTPd's ways to say "no limit".
  private static func isUnset(_ field: ArraySlice<UInt8>) -> Bool {
    field.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") }
  }
}
