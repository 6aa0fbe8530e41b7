// Reads vsftpd's per-user files, with what vsftpd.conf says for all users, and turns them into entries.

import Glibc

extension UserImport {
  /// Reads the users of vsftpd.
  ///
  /// - Parameters:
  ///   - directory: `user_config_dir`: a file for each user, which has the user's name.
  ///   - configuration: the path of vsftpd.conf; nil: what it says is unknown, and vsftpd's defaults hold.
  ///   - passwords: the path of a file of `name:hash` lines, as pam_pwdfile reads, or /etc/shadow; its users need no file in
  ///     `directory`. nil: the users are locked until they get a password.
  public static func vsftpd(
    directory: String, configuration: String?, passwords: String?
  ) throws(UserTableError) -> UserImport {
    var files: [String: [UInt8]] = [:]
    for name in try names(in: directory) { files[name] = try TableFile.read(path: "\(directory)/\(name)").bytes }
    return UserImport(
      vsftpdUsers: files,
      configuration: try configuration.map { (path) throws(UserTableError) in
        try TableFile.read(path: path).bytes
      },
      passwords: try passwords.map { (path) throws(UserTableError) in try TableFile.read(path: path).bytes })
  }

  /// The regular files in `directory`, by name.
  private static func names(in directory: String) throws(UserTableError) -> [String] {
    guard let stream = opendir(directory) else { throw .system("read the directory", directory, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      guard stat("\(directory)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      names.append(name)
    }
    return names.sorted()
  }

  init(vsftpdUsers files: [String: [UInt8]], configuration: [UInt8]?, passwords: [UInt8]?) {
    self.init(.vsftpd)
    let common = Self.settings(configuration ?? [])
    var hashes: [String: (hash: [UInt8], line: Int)] = [:]
    for (offset, line) in UserTable.lines(of: passwords ?? []).enumerated() {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count > 1, line.first != UInt8(ascii: "#") else { continue }
      hashes[String(decoding: fields[0], as: UTF8.self)] = (Array(fields[1]), offset + 1)
    }
    for name in Set(files.keys).union(hashes.keys).sorted() {
      let own = Self.settings(files[name] ?? [])
      var user = VsftpdUser(name: name, common: common, own: own)
      user.read()
      if hashes[name] == nil {
        user.imported.note("there is no password: locked until `weftpd user password` sets one")
      }
      guard let home = user.home else {
        let advice = "no local_root in the user's file, nor in vsftpd.conf; give the home with `weftpd user add`"
        skipped.append(.init(line: hashes[name]?.line ?? 0, message: "\(Account.display(name.utf8)): \(advice)"))
        continue
      }
      add(
        name: Array(name.utf8), hash: hashes[name]?.hash, home: Array(home.utf8),
        isReadOnly: user.permissions.isReadOnly, line: hashes[name]?.line ?? 0, user.imported)
    }
  }

  /// `key=value` lines. Source: vsftpd.conf(5)
  private static func settings(_ bytes: [UInt8]) -> [String: String] {
    var settings: [String: String] = [:]
    for line in UserTable.lines(of: bytes) where line.first != UInt8(ascii: "#") {
      let text = String(decoding: line, as: UTF8.self).trimmed
      guard let sign = text.firstIndex(of: "=") else { continue }
      settings[String(text[..<sign])] = String(text[text.index(after: sign)...])
    }
    return settings
  }
}

/// What the settings of one user come to.
private struct VsftpdUser {
  let name: String
  let common: [String: String]
  let own: [String: String]
  var imported = ImportedOptions()
  var permissions: AccountPermissions = .readAndWrite
  var home: String?

  init(name: String, common: [String: String], own: [String: String]) {
    self.name = name
    self.common = common
    self.own = own
  }

  private subscript(key: String) -> String? { own[key] ?? common[key] }

  private func isYes(_ key: String, default standard: Bool) -> Bool {
    guard let value = self[key]?.uppercased() else { return standard }
    return ["YES", "TRUE", "1"].contains(value)
  }

  /// Virtual users have what anonymous users have, unless virtual_use_local_privs says otherwise.
  private var isGuest: Bool {
    let isGuest = isYes("guest_enable", default: own.keys.contains { $0.hasPrefix("anon_") })
    return isGuest && !isYes("virtual_use_local_privs", default: false)
  }

  private static let known: Set<String> = [
    "write_enable", "local_root", "user_sub_token", "guest_enable", "virtual_use_local_privs", "anon_upload_enable",
    "anon_mkdir_write_enable", "anon_other_write_enable", "download_enable", "dirlist_enable", "chmod_enable",
    "cmds_denied", "cmds_allowed", "deny_file", "hide_file", "local_max_rate", "anon_max_rate", "local_umask",
    "anon_umask", "force_local_logins_ssl", "force_local_data_ssl", "chroot_local_user", "allow_writeable_chroot",
    "passwd_chroot_enable", "guest_username", "local_enable", "anon_root",
  ]

  mutating func read() {
    var root = self["local_root"] ?? (isGuest ? self["anon_root"] : nil)
    if let token = self["user_sub_token"], !token.isEmpty { root = root?.replacing(token, with: name) }
    home = root
    readPermissions()
    let prefix = isGuest ? "anon" : "local"
    if let rate = self["\(prefix)_max_rate"], rate != "0" {
      imported.set("session-rate-down", rate, from: "\(prefix)_max_rate")
      imported.set("session-rate-up", rate, from: "\(prefix)_max_rate")
    }
    if let umask = self["\(prefix)_umask"] {
      let digits = String(repeating: "0", count: max(0, 3 - umask.utf8.count)) + umask
      imported.set("umask", digits, from: "\(prefix)_umask")
    }
    if isYes("force_local_data_ssl", default: false) {
      imported.set("tls", "required-data", from: "force_local_data_ssl")
    } else if isYes("force_local_logins_ssl", default: false) {
      imported.set("tls", "required-login", from: "force_local_logins_ssl")
    }
    patterns("deny_file", "deny")
    patterns("hide_file", "hide")
    for (key, value) in own.sorted(by: { $0.key < $1.key }) where !Self.known.contains(key) {
      imported.lose("setting \(Account.display("\(key)=\(value)".utf8))")
    }
  }

  /// `{*.mp3,*.mov}` or one pattern.
  private mutating func patterns(_ key: String, _ option: String) {
    guard let value = self[key], !value.isEmpty else { return }
    var text = value
    if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast()).replacing(",", with: ";") }
    if text.contains("{") || text.contains("}") {
      imported.lose("\(key) (\(Account.display(value.utf8)))")
    } else {
      imported.set(option, text, from: key)
    }
  }

  // MARK: - What may be done

  private static let commands: [(permission: AccountPermissions, verbs: [String])] = [
    (.list, ["LIST", "NLST"]), (.read, ["RETR"]), ([.write, .overwrite], ["STOR"]), (.append, ["APPE"]),
    (.rename, ["RNFR", "RNTO"]), (.delete, ["DELE"]), (.makeDirectory, ["MKD", "XMKD"]),
    (.removeDirectory, ["RMD", "XRMD"]), ([.site, .changeMode], ["SITE"]),
  ]

  /// Source: process_post_login() of vsftpd
  private mutating func readPermissions() {
    if self["write_enable"] == nil {
      imported.note("write_enable is not set: read-only, which is vsftpd's default")
    }
    permissions = isYes("write_enable", default: false) ? .readAndWrite : .readOnly
    if isGuest {
      if !isYes("anon_upload_enable", default: false) { permissions.subtract(.write) }
      if !isYes("anon_mkdir_write_enable", default: false) { permissions.subtract(.makeDirectory) }
      if !isYes("anon_other_write_enable", default: false) {
        permissions.subtract([.overwrite, .append, .rename, .delete, .removeDirectory])
      }
      permissions.subtract(.changeMode)
      if isYes("anon_world_readable_only", default: true) { imported.lose("rule that files must be readable for all") }
    }
    if !isYes("download_enable", default: true) { permissions.subtract(.read) }
    if !isYes("dirlist_enable", default: true) { permissions.subtract(.list) }
    if !isYes("chmod_enable", default: true) { permissions.subtract(.changeMode) }
    if let denied = self["cmds_denied"].map(Self.verbs) {
      for (permission, verbs) in Self.commands where verbs.contains(where: denied.contains) {
        permissions.subtract(permission)
      }
      let others = denied.subtracting(Self.commands.flatMap(\.verbs)).sorted()
      if !others.isEmpty { imported.lose("denial of \(others.joined(separator: ", "))") }
    }
    if let allowed = self["cmds_allowed"].map(Self.verbs) {
      for (permission, verbs) in Self.commands where !verbs.contains(where: allowed.contains) {
        permissions.subtract(permission)
      }
      imported.note("of cmds_allowed, only what lists, reads or changes files is taken over")
    }
    if permissions != .readAndWrite, permissions != .readOnly {
      imported.set("permissions", "/=\(permissions.names)", from: "set of permissions")
    }
  }

  private static func verbs(_ text: String) -> Set<String> {
    Set(text.uppercased().split(separator: ",").map { String($0).trimmed })
  }
}
