// The users of another FTP server, as far as they can be taken over: one type, whatever files they were read from.

/// The users in files of another FTP server, as far as they can be imported.
public struct UserImport: Sendable {
  /// The servers.
  public enum Format: String, Sendable {
    /// AuthUserFile, mod_auth_file: `name:hash:uid:gid:gecos:home:shell`.
    case proftpd = "ProFTPD"
    /// pureftpd.passwd, pure-pw(8): the same first six fields, then limits, quotas and restrictions.
    case pureftpd = "Pure-FTPd"
    /// vsftpd.conf(5) and the files of its user_config_dir.
    case vsftpd = "vsftpd"
    /// What SFTPGo's `dumpdata` writes: JSON.
    case sftpgo = "SFTPGo"
  }

  /// One user who can be imported.
  public struct User: Sendable, Equatable {
    public let name: [UInt8]
    public let hash: String
    public let home: String
    public let isReadOnly: Bool
    /// The line of the file, from 1.
    public let line: Int
    /// Whatever else was said of the user.
    public internal(set) var options = AccountOptions()
    /// The names of ``UserImport/groups`` the user is in, the strongest first.
    public internal(set) var groups: [String] = []
    /// Whether there is no password that could be used here: a new user is locked, and one who is there already keeps the password.
    public internal(set) var lacksPassword = false
  }

  /// Where the users come from.
  public internal(set) var format: Format
  /// The users who can be imported, in the order of the file.
  public internal(set) var users: [User] = []
  /// The groups they are in; only a YAML table can take these.
  public internal(set) var groups: [AccountGroup] = []
  /// What cannot be imported, each with the reason. Never contains a password field.
  public internal(set) var skipped: [UserTableError.Problem] = []
  /// For users who can be imported: what is lost, and what is unwise.
  public internal(set) var warnings: [UserTableError.Problem] = []
  private var lineOfName: [[UInt8]: Int] = [:]

  init(_ format: Format) { self.format = format }

  /// Reads the file at `path` (up to 64 MiB), which is one of ProFTPD or Pure-FTPd.
  /// - Throws: `UserTableError` if it cannot be read, or has neither format.
  public static func load(path: String) throws(UserTableError) -> UserImport {
    try UserImport(try TableFile.read(path: path).bytes, source: path)
  }

  /// Keeps a user, or says why not: the name, the hash and the home are checked here for all formats.
  ///
  /// - Parameter hash: nil for a user who can log in only after being given a password.
  mutating func add(
    name: [UInt8], hash: [UInt8]?, home: [UInt8], isReadOnly: Bool, groups: [String] = [], line: Int,
    _ imported: ImportedOptions
  ) {
    let shown = name.isEmpty ? "no name" : Account.display(name)
    func skip(_ message: String) { skipped.append(.init(line: line, message: "\(shown): \(message)")) }
    if let problem = UserEntry.problem(ofName: name) { return skip("the name \(problem)") }
    let again = "; give a new password with `weftpd user add`"
    guard let text = String(validating: hash ?? Array("*".utf8), as: UTF8.self) else {
      return skip("the password field contains characters that no hash contains\(again)")
    }
    var usable = text
    var lacksPassword = hash == nil
    var losses = imported.losses
    if hash != nil, let problem = PasswordHash.problem(of: text) {
      // There is more to keep of a user than the password, if it was one.
      guard let first = text.first, "$!*{".contains(first) else {
        return skip("the password field \(problem)\(again)")
      }
      losses.insert("the password field \(problem): locked until `weftpd user password` sets one", at: 0)
      usable = "*"
      // Who was locked there is to be locked here.
      lacksPassword = !PasswordHash.isLocked(text)
    }
    let hash = usable
    guard let path = String(validating: home, as: UTF8.self) else { return skip("the home is not UTF-8") }
    let home = Self.normalized(path)
    if let problem = UserEntry.problem(ofHome: home) { return skip("the home \(problem)") }
    if let earlier = lineOfName[name] { return skip("the name is already in line \(earlier)") }
    lineOfName[name] = line
    users.append(
      User(
        name: name, hash: hash, home: home, isReadOnly: isReadOnly, line: line, options: imported.options,
        groups: groups, lacksPassword: lacksPassword))
    let remarks = [PasswordHash.weakness(of: hash)].compactMap(\.self) + losses
    warnings += remarks.map { .init(line: line, message: "\(shown): \($0)") }
  }

  /// The home without the `/./` that marks a jail in Pure-FTPd (every home is one here), and without empty components.
  static func normalized(_ home: String) -> String {
    guard home.hasPrefix("/") else { return home }
    return "/" + home.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}

/// What was said of one user beside name, password and home: options, and what had to be left out.
struct ImportedOptions {
  private(set) var options = AccountOptions()
  /// What cannot be kept, in words that follow the user's name.
  private(set) var losses: [String] = []

  /// Sets an option. If it cannot be set to `text`, that is a loss.
  ///
  /// - Parameter what: the name of the thing over there, for the message.
  mutating func set(_ key: String, _ text: String, from what: String) {
    if (try? options.set(key, to: text)) == nil { lose("\(what) (\(Account.display(text.utf8)))") }
  }

  /// Notes that `what` is set over there and has no counterpart here.
  mutating func lose(_ what: String) { losses.append("the \(what) is not taken over") }

  /// Notes something else that people should know.
  mutating func note(_ text: String) { losses.append(text) }
}
