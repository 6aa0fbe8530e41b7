// The user table: who may log in, looked up by name; reads the form with one user per line, every mistake with its line.

/// The users who may log in, as read from a table file. A value: a session keeps the one it started with.
///
/// A table is YAML (``YAMLTableReader`` reads it), or each line is empty, a comment (its first byte is `#`) or
/// `NAME:HASH:HOME:OPTIONS`. See `docs/accounts.md`.
public struct UserTable: Sendable {
  /// The users in the order of the file.
  public let entries: [UserEntry]
  /// The groups in the order of the file; only YAML has any.
  public let groups: [AccountGroup]
  /// What is allowed but unwise (weak hash kinds, a file others may read), one sentence each, for the log.
  public private(set) var warnings: [String]
  /// How many users have a second factor.
  public let challengeShare: ChallengeShare
  private let index: [[UInt8]: Int]

  /// A table without users.
  public init() {
    self.init(entries: [], warnings: [], index: [:])
  }

  /// - Parameter index: where each name stands in `entries`.
  init(entries: [UserEntry], groups: [AccountGroup] = [], warnings: [String], index: [[UInt8]: Int]) {
    self.entries = entries
    self.groups = groups
    self.warnings = warnings
    self.index = index
    challengeShare = ChallengeShare(entries)
  }

  /// The user of exactly this name; nil if there is none.
  public func entry(named name: [UInt8]) -> UserEntry? { index[name].map { entries[$0] } }

  /// The group of exactly this name; nil if there is none.
  public func group(named name: String) -> AccountGroup? { groups.first { $0.name == name } }

  /// Reads the table at `path`, in either form.
  /// - Throws: `UserTableError`; for lines that cannot be understood it lists all of them.
  public static func load(path: String) throws(UserTableError) -> UserTable {
    let file = try TableFile.read(path: path)
    var table = try parse(file.bytes, source: path)
    // A group may read it: root:weftpd with 640 lets the daemon read what it must not write.
    if file.mode & 0o004 != 0 {
      table.warnings.append(
        "\(path) holds password hashes and can be read by others (mode \(octal(file.mode))): run chmod 600 on it")
    }
    return table
  }

  /// Reads a table from bytes; `source` is the file name for messages, and helps where the contents do not tell the form.
  public static func parse(_ bytes: [UInt8], source: String) throws(UserTableError) -> UserTable {
    if TableForm(of: bytes, source: source) == .yaml { return try YAMLTableReader.read(bytes, source: source) }
    var entries: [UserEntry] = []
    var warnings: [String] = []
    var index: [[UInt8]: Int] = [:]
    var problems: [UserTableError.Problem] = []
    for (offset, raw) in lines(of: bytes).enumerated() {
      let number = offset + 1
      let line = content(of: raw)
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      do throws(LineError) {
        let entry = try parse(line: line, number: number)
        if let earlier = index[entry.name] {
          let name = Account.display(entry.name)
          throw LineError("a second entry for \(name), who is already in line \(entries[earlier].line): remove one")
        }
        index[entry.name] = entries.count
        entries.append(entry)
        if let weakness = PasswordHash.weakness(of: entry.hash) {
          warnings.append("\(source):\(number): \(Account.display(entry.name)): \(weakness)")
        }
      } catch {
        problems.append(.init(line: number, message: error.message))
      }
    }
    guard problems.isEmpty else { throw UserTableError(source: source, problems: problems) }
    return UserTable(entries: entries, warnings: warnings, index: index)
  }

  /// The lines of a table without their LF. A last line without LF counts; nothing after the last LF does not.
  static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// A line without the byte order mark and the CR that editors on other systems leave; empty if only blanks are left.
  private static func content(of raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = raw
    if line.startIndex == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    return line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } ? [] : line
  }

  private struct LineError: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }

  private static func parse(line: ArraySlice<UInt8>, number: Int) throws(LineError) -> UserEntry {
    let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard fields.count == 4 else {
      throw LineError("expected the four fields NAME:HASH:HOME:OPTIONS, found \(fields.count)")
    }
    if let problem = UserEntry.problem(ofName: fields[0]) {
      throw LineError("the name \(problem); expected 1 to \(UserEntry.nameLimit) bytes without ':' or controls")
    }
    guard let hash = String(validating: fields[1], as: UTF8.self), !hash.isEmpty else {
      throw LineError(
        "the password field is \(fields[1].isEmpty ? "empty" : "not text"); expected a crypt(3) hash, "
          + "or * to lock the user (nobody may log in without a password)")
    }
    if !PasswordHash.isLocked(hash), let problem = PasswordHash.problem(of: hash) {
      throw LineError("the password field \(problem); expected a crypt(3) hash such as `weftpd user password` makes")
    }
    guard let home = String(validating: fields[2], as: UTF8.self) else {
      throw LineError("the home is not UTF-8; expected an absolute path")
    }
    if let problem = UserEntry.problem(ofHome: home) {
      throw LineError("the home \(problem); expected an absolute path")
    }
    let (permissions, options) = try parse(options: fields[3])
    return UserEntry(
      name: Array(fields[0]), hash: hash, home: home, permissions: permissions, options: options, line: number)
  }

  private static func parse(
    options field: ArraySlice<UInt8>
  ) throws(LineError) -> (AccountPermissions, AccountOptions) {
    var permissions: AccountPermissions?
    var options = AccountOptions()
    for option in field.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let text = Account.display(option)
      if text == "ro" || text == "rw" {
        guard permissions == nil else { throw LineError("'ro' or 'rw' is given twice in the options; expected one") }
        permissions = text == "ro" ? .readOnly : .readAndWrite
        continue
      }
      let sign = text.utf8.firstIndex(of: UInt8(ascii: "="))
      let parts = sign.map { [String(text[..<$0]), String(text[text.utf8.index(after: $0)...])] } ?? []
      // An option that is not obeyed, such as a limit, must not look as if it were.
      guard parts.count == 2, UserAttribute.byKey[parts[0]]?.isForGroups == false else { throw unknown(option: text) }
      guard options.texts[parts[0]] == nil else {
        throw LineError("option '\(parts[0])' is given twice; expected once")
      }
      do throws(AccountOptionError) {
        try options.set(parts[0], to: parts[1])
      } catch .badValue(let attribute) {
        let shown = attribute.isSecret ? parts[0] : text
        throw LineError("option '\(shown)' has a value that cannot be; expected \(attribute.expected)")
      } catch {
        throw unknown(option: text)
      }
    }
    guard let permissions else { throw LineError("the options lack ro (read-only) or rw (read and write)") }
    return (permissions, options)
  }

  private static func unknown(option: String) -> LineError {
    let known = ["ro (read-only)", "rw (read and write)"] + UserAttribute.ofUsers.map { "\($0.key)=…" }
    return LineError("unknown option '\(option)'; expected \(known.joined(separator: " or "))")
  }
}

/// A table answers at once, whatever is asked.
extension UserTable: AccountDirectory {
  public func entryNow(named name: [UInt8]) -> AccountAnswer { .known(entry(named: name)) }
}

/// A file mode as three or four octal digits.
func octal(_ mode: UInt32) -> String {
  let digits = String(mode & 0o7777, radix: 8)
  return String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
}
