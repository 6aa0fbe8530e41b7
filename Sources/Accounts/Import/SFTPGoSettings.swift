// What the settings of a user or group of SFTPGo become here: permissions, limits, filters and folders.

import Glibc
import YAMLDocument

/// The settings of one user or group.
struct SFTPGoSettings {
  private let folders: [String: YAMLNode]
  var imported = ImportedOptions()
  var home: String?
  private(set) var permissions: AccountPermissions = []
  /// Whether there is a word about the permissions at `/`.
  private(set) var isAccessGiven = false
  /// Where the files are if not on this host.
  private(set) var foreignStore: String?
  /// The lists, of which those of groups are added to the user's own.
  private var rules: [(directory: String, permissions: AccountPermissions)] = []
  private var denied: [String] = []
  private var hidden: [String] = []
  private var directories: [(path: String, target: String)] = []
  private var quotas: [String] = []
  private var hasCertificate = false

  init(folders: [String: YAMLNode]) { self.folders = folders }

  mutating func read(_ node: YAMLNode, virtualFolders: YAMLNode?) {
    home = node["home_dir"]?.text.flatMap { $0.isEmpty ? nil : $0 }
    foreignStore = Self.store(node["filesystem"])
    if node["status"]?.text == "0" { imported.set("enabled", "no", from: "status") }
    if let milliseconds = node.number("expiration_date") { expire(milliseconds / 1000) }
    if node.number("expires_in") != nil { imported.lose("number of days after which accounts expire") }
    readLimits(node)
    for (key, value) in node["permissions"]?.pairs ?? [] {
      guard let directory = key.text else { continue }
      let granted = granted(value.items.compactMap(\.text), at: directory)
      if directory == "/" {
        (permissions, isAccessGiven) = (granted, true)
      } else {
        rules.append((directory, granted))
      }
    }
    for folder in virtualFolders?.items ?? [] { readFolder(folder) }
    if let filters = node["filters"] { readFilters(filters) }
  }

  /// The lists of a group come behind those of the user.
  mutating func add(listsOf group: SFTPGoSettings) {
    let new = group.rules.filter { rule in !rules.contains { $0.directory == rule.directory } }
    rules += new
    denied += group.denied.filter { !denied.contains($0) }
    hidden += group.hidden.filter { !hidden.contains($0) }
    directories += group.directories.filter { other in !directories.contains { $0.path == other.path } }
    quotas += group.quotas.filter { !quotas.contains($0) }
    if !isAccessGiven, group.isAccessGiven { (permissions, isAccessGiven) = (group.permissions, true) }
  }

  /// The options of a group.
  var options: AccountOptions { finished(for: nil).options }

  /// Everything put together.
  func finished(for user: String?) -> ImportedOptions {
    var result = imported
    // Of several directories the deepest counts there, and the first rule here.
    var ordered = rules.sorted { left, right in
      let (a, b) = (left.directory.split(separator: "/").count, right.directory.split(separator: "/").count)
      return (-a, left.directory) < (-b, right.directory)
    }
    if isAccessGiven, permissions != .readAndWrite, permissions != .readOnly { ordered.append(("/", permissions)) }
    func set(_ key: String, _ items: [String], _ what: String) {
      if !items.isEmpty { result.set(key, items.joined(separator: ";"), from: what) }
    }
    set("permissions", ordered.map { "\($0.directory)=\($0.permissions.names)" }, "permissions of directories")
    set("deny", denied, "denied patterns")
    set("hide", hidden, "hidden patterns")
    set("directories", directories.map { "\($0.path.drop { $0 == "/" })=\($0.target)" }, "virtual folders")
    set("directory-quotas", quotas, "quotas of virtual folders")
    if hasCertificate, let user { result.set("certificate", user, from: "log-in by certificate") }
    return result
  }

  // MARK: - Limits

  private mutating func readLimits(_ node: YAMLNode) {
    let limits = [("max_sessions", "sessions"), ("quota_size", "quota"), ("quota_files", "quota-files")]
    for (theirs, ours) in limits {
      if let number = node.number(theirs), number > 0 { imported.set(ours, String(number), from: theirs) }
    }
    for (theirs, ours) in [("upload_bandwidth", "session-rate-up"), ("download_bandwidth", "session-rate-down")] {
      if let number = node.number(theirs), number > 0 { imported.set(ours, "\(number)KiB", from: theirs) }
    }
    for key in ["upload_data_transfer", "download_data_transfer", "total_data_transfer"] where node.number(key) != nil {
      imported.lose("\(key), which is a limit for all time; upload-per-month and download-per-month are like it")
    }
  }

  /// The moment `seconds` after 1970-01-01 00:00:00 UTC by this host's clock, to the minute. Source: localtime_r(3)
  private mutating func expire(_ seconds: Int64) {
    var (time, parts) = (time_t(seconds), tm())
    localtime_r(&time, &parts)
    func digits(_ number: Int32, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let date = "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    imported.set(
      "expires", "\(date)T\(digits(parts.tm_hour, 2))\(digits(parts.tm_min, 2))", from: "expiration date")
  }

  // MARK: - Permissions

  private static let grants: [String: AccountPermissions] = [
    "*": .readAndWrite, "list": .list, "download": .read, "upload": .write, "overwrite": [.overwrite, .append],
    "rename": .rename, "rename_files": .rename, "rename_dirs": .rename, "delete": [.delete, .removeDirectory],
    "delete_files": .delete, "delete_dirs": .removeDirectory, "create_dirs": .makeDirectory, "chmod": .changeMode,
    "chown": .changeMode, "chtimes": .changeMode, "create_symlinks": [], "copy": [],
  ]

  private mutating func granted(_ names: [String], at directory: String) -> AccountPermissions {
    var granted: AccountPermissions = names.isEmpty ? [] : .site
    for name in names {
      guard let grant = Self.grants[name] else {
        imported.lose("permission \(Account.display(name.utf8)) at \(Account.display(directory.utf8))")
        continue
      }
      granted.formUnion(grant)
    }
    if names.contains("rename_files") != names.contains("rename_dirs"), granted.contains(.rename),
      !names.contains("rename"), !names.contains("*")
    {
      imported.note("at \(Account.display(directory.utf8)), rename is for files and directories alike")
    }
    return granted
  }

  // MARK: - Folders

  private static func store(_ filesystem: YAMLNode?) -> String? {
    let names = [
      1: "S3", 2: "Google Cloud Storage", 3: "Azure Blob Storage", 4: "an encrypted file system", 5: "SFTP", 6: "HTTP",
    ]
    return filesystem?.number("provider").map { names[Int($0)] ?? "a store of another kind" }
  }

  private mutating func readFolder(_ folder: YAMLNode) {
    let name = folder["name"]?.text ?? ""
    let shown = "virtual folder \(Account.display(name.utf8))"
    let definition = folders[name] ?? folder
    guard let path = folder["virtual_path"]?.text,
      let target = definition["mapped_path"]?.text ?? folder["mapped_path"]?.text, !target.isEmpty
    else { return imported.lose("\(shown), whose directory is not in the dump,") }
    if let store = Self.store(definition["filesystem"]) { return imported.lose("\(shown), which is in \(store),") }
    if target.contains("%") { return imported.lose("\(shown), whose directory has a placeholder (\(target)),") }
    guard VirtualDirectory.list("\(path.drop { $0 == "/" })=\(UserImport.normalized(target))") != nil else {
      return imported.lose("\(shown) (\(Account.display("\(path) in \(target)".utf8)))")
    }
    directories.append((path, UserImport.normalized(target)))
    let (size, files) = (folder.number("quota_size") ?? 0, folder.number("quota_files") ?? 0)
    if size > 0 || files > 0 {
      quotas.append("\(path)=\(size > 0 ? String(size) : "none")" + (files > 0 ? "/\(files)" : ""))
    }
  }

  // MARK: - Filters

  private mutating func readFilters(_ filters: YAMLNode) {
    let allowed = filters.texts("allowed_ip")
    if !allowed.isEmpty { imported.set("from", allowed.joined(separator: ";"), from: "list of allowed addresses") }
    if !filters.texts("denied_ip").isEmpty { imported.lose("list of denied addresses") }
    if filters.texts("denied_protocols").contains("FTP") {
      imported.set("enabled", "no", from: "denied protocol FTP")
      imported.note("FTP is denied, so enabled is no")
    }
    let methods = filters.texts("denied_login_methods").filter { $0.hasPrefix("password") || $0.hasPrefix("TLS") }
    if !methods.isEmpty { imported.lose("denial of the login methods \(methods.joined(separator: ", "))") }
    for pattern in filters["file_patterns"]?.items ?? [] { readPattern(pattern) }
    if filters.number("ftp_security") == 1 { imported.set("tls", "required-data", from: "ftp_security") }
    hasCertificate = filters["tls_username"]?.text == "CommonName"
    readHours(filters["access_time"]?.items ?? [])
    readSecondFactor(filters["totp_config"])
    let others = [
      ("max_upload_file_size", "largest size of an upload"), ("password_expiration", "age of passwords"),
      ("password_strength", "strength of passwords"),
    ]
    for (key, what) in others where filters.number(key) != nil { imported.lose(what) }
    if filters["start_directory"]?.text.map({ !$0.isEmpty && $0 != "/" }) ?? false { imported.lose("start directory") }
    if !(filters["bandwidth_limits"]?.items ?? []).isEmpty { imported.lose("bandwidth by the client's address") }
    if filters.isTrue("is_anonymous") {
      imported.note("the user needs no password there; here `accounts.anonymous` is that")
    }
    if filters.isTrue("require_password_change") { imported.lose("demand to change the password") }
  }

  private mutating func readPattern(_ filter: YAMLNode) {
    let path = filter["path"]?.text ?? "/"
    if !filter.texts("allowed_patterns").isEmpty {
      imported.lose("list of allowed patterns (\(filter.texts("allowed_patterns").joined(separator: ", ")))")
    }
    for pattern in filter.texts("denied_patterns") {
      let text = path == "/" ? pattern : "\(path)/**/\(pattern)"
      guard PathPattern(text) != nil, !text.contains(";") else {
        imported.lose("denied pattern \(Account.display(pattern.utf8))")
        continue
      }
      if filter.number("deny_policy") == 1 { hidden.append(text) } else { denied.append(text) }
    }
  }

  private mutating func readHours(_ spans: [YAMLNode]) {
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    var texts: [String] = []
    for span in spans {
      guard let day = span["day_of_week"]?.text.flatMap({ Int($0) }), days.indices.contains(day),
        let from = span["from"]?.text, let to = span["to"]?.text
      else { return imported.lose("times of access") }
      let end = to == "23:59" ? "2400" : to.replacing(":", with: "")
      texts.append("\(days[day]) \(from.replacing(":", with: ""))-\(end)")
    }
    if !texts.isEmpty { imported.set("hours", texts.joined(separator: ";"), from: "times of access") }
  }

  private mutating func readSecondFactor(_ totp: YAMLNode?) {
    guard let totp, totp.isTrue("enabled"), totp.texts("protocols").contains("FTP") else { return }
    if totp["secret"]?["status"]?.text == "Plain", let secret = totp["secret"]?["payload"]?.text,
      UserAttribute.byKey["totp"]?.accepts(secret) == true
    {
      imported.set("totp", secret, from: "second factor")
    } else {
      imported.note(
        "the second factor is not taken over, because its secret is encrypted: the password alone is enough until "
          + "`weftpd user totp` makes a new one")
    }
  }
}
