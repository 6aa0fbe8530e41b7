// What ProFTPD keeps of its users' limits in other files than passwords: rates and sessions in proftpd.conf, quotas in mod_quotatab's table.

extension UserImport {
  /// Takes over what ProFTPD's other files say of the users.
  ///
  /// - Parameters:
  ///   - configuration: the path of proftpd.conf: TransferRate, MaxClientsPerUser, MaxClientsPerHost and Umask of the server itself. Sections and
  ///     other directives that restrict users are named and left out.
  ///   - quotas: the path of the limits' table of mod_quotatab_file, which `ftpquota --type=limit` makes.
  public mutating func applyProFTPD(configuration: String?, quotas: String?) throws(UserTableError) {
    if let configuration { applyConfiguration(try TableFile.read(path: configuration).bytes, source: configuration) }
    if let quotas { try applyQuotas(try TableFile.read(path: quotas).bytes, source: quotas) }
  }

  /// Sets an option of all users, or of those named.
  private mutating func set(_ key: String, _ text: String, of names: [String]? = nil, from what: String) {
    for index in users.indices {
      let name = String(decoding: users[index].name, as: UTF8.self)
      guard names.map({ $0.contains(name) }) ?? true else { continue }
      if (try? users[index].options.set(key, to: text)) == nil {
        warn(users[index].line, "\(Account.display(users[index].name)): \(what) (\(text)) is not taken over")
      }
    }
  }

  private mutating func warn(_ line: Int, _ message: String) { warnings.append(.init(line: line, message: message)) }

  // MARK: - proftpd.conf

  mutating func applyConfiguration(_ bytes: [UInt8], source: String) {
    var sections: [String] = []
    var rates: [(words: [String], place: String)] = []
    var overwrites = false
    for (offset, raw) in UserTable.lines(of: bytes).enumerated() {
      let text = String(decoding: raw, as: UTF8.self).trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      let place = "\(source):\(offset + 1)"
      let isEverywhere = sections.allSatisfy { Self.transparent.contains($0) }
      if text.hasPrefix("</") {
        _ = sections.popLast()
      } else if text.hasPrefix("<") {
        let name = text.dropFirst().prefix { $0 != " " && $0 != "\t" && $0 != ">" }.lowercased()
        // What is in a section that has been named needs no naming.
        if isEverywhere, !Self.transparent.contains(name) { warn(0, "\(place): \(text) is not taken over") }
        sections.append(name)
      } else if isEverywhere {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        switch words[0].lowercased() {
        case "transferrate": rates.append((words, place))
        case "allowoverwrite":
          overwrites = ["on", "yes", "true", "1"].contains(words.dropFirst().first?.lowercased() ?? "")
        default: directive(words, at: place)
        }
      }
    }
    // What is said of users is stronger than what is said of all, wherever it stands.
    for isOfUsers in [false, true] {
      for rate in rates where (rate.words.count > 4) == isOfUsers { transferRate(rate.words, at: rate.place) }
    }
    if !overwrites {
      warn(0, "\(source): without AllowOverwrite nobody may replace files, which is not taken over: see permissions")
    }
  }

  /// Sections whose contents hold for all users.
  private static let transparent: Set<String> = ["global", "ifmodule", "ifdefine", "ifversion"]

  /// What restricts users and has no counterpart in their entries; with the setting of the server that does the same, if there is one.
  private static let untaken = [
    "maxclients": "limits.sessions", "tlsrequired": "tls.mode", "maxloginattempts": "accounts.attempts",
    "maxclientsperclass": "", "maxhostsperuser": "", "maxstorefilesize": "", "maxretrievefilesize": "", "hidefiles": "",
    "hideuser": "", "hidegroup": "", "hidenoaccess": "", "denyfilter": "", "allowfilter": "", "pathdenyfilter": "",
    "pathallowfilter": "", "include": "",
  ]

  private mutating func directive(_ words: [String], at place: String) {
    let name = words[0].lowercased()
    let value = words.dropFirst().first ?? ""
    switch name {
    case "maxclientsperuser", "maxclientsperhost":
      if value.isEmpty || value == "none" { return }
      set(name == "maxclientsperuser" ? "sessions" : "sessions-per-address", value, from: words[0])
    case "umask":
      set("umask", value, from: words[0])
      if words.count > 2, words[2] != value {
        warn(0, "\(place): the umask \(words[2]) of directories is not taken over: they have that of files")
      }
    case "defaultroot":
      // Every home is a jail here.
      if value == "~" || value == "none" { return }
      warn(0, "\(place): \(words.joined(separator: " ")) is not taken over: the home is what a user sees as /")
    default:
      guard let setting = Self.untaken[name] else { return }
      if ["none", "off"].contains(value.lowercased()) { return }
      warn(0, "\(place): \(words[0]) is not taken over" + (setting.isEmpty ? "" : "; there is \(setting) for all"))
    }
  }

  /// `TransferRate COMMANDS KILOBYTES[:FREE] [user|group|class NAMES]`. Source: mod_xfer of ProFTPD.
  private mutating func transferRate(_ words: [String], at place: String) {
    guard words.count > 2 else { return }
    let parts = words[2].split(separator: ":").map(String.init)
    guard let rate = parts.first.flatMap(Double.init), rate > 0, rate < 1e12 else { return }
    if parts.count > 1, parts[1] != "0" {
      warn(0, "\(place): the \(parts[1]) bytes without a limit are not taken over")
    }
    var names: [String]?
    if words.count > 4 {
      guard words[3].lowercased() == "user", !words[4].contains("!"), !words[3].lowercased().contains("regex") else {
        return warn(0, "\(place): TransferRate for \(words[3...].joined(separator: " ")) is not taken over")
      }
      names = words[4].split(separator: ",").map(String.init)
    }
    let text = String(UInt64(rate * 1024))
    let commands = words[1].uppercased().split(separator: ",")
    if commands.contains("RETR") { set("session-rate-down", text, of: names, from: "TransferRate RETR") }
    if commands.contains(where: { ["STOR", "STOU", "APPE"].contains($0) }) {
      set("session-rate-up", text, of: names, from: "TransferRate \(words[1])")
    }
  }

  // MARK: - mod_quotatab_file

  /// The table begins with 0x7626 and has records of 126 bytes in the byte order of its host. Source: mod_quotatab_file.c and
  /// mod_quotatab.h of ProFTPD.
  mutating func applyQuotas(_ bytes: [UInt8], source: String) throws(UserTableError) {
    guard bytes.count >= 4, Self.word(bytes, 0) == 0x7626 else {
      throw UserTableError(
        .malformed, source: source,
        message: "is no table of limits of mod_quotatab_file. Name that of `ftpquota --type=limit`.")
    }
    let records = stride(from: 4, through: bytes.count - 126, by: 126).map { Array(bytes[$0..<$0 + 126]) }
    // A user's own record stands in place of that of all, whichever comes first. Source: mod_quotatab.c
    for isOfUsers in [false, true] {
      for record in records where (Self.word(record, 81) != 10) == isOfUsers {
        apply(record, name: String(decoding: record.prefix(81).prefix { $0 != 0 }, as: UTF8.self), source: source)
      }
    }
  }

  private mutating func apply(_ record: [UInt8], name: String, source: String) {
    let type = Self.word(record, 81)
    guard type == 10 || type == 20 else {
      return warn(0, "\(source): the quota of the \(type == 30 ? "group" : "class") \(name) is not taken over")
    }
    let shown = type == 10 ? "all users" : name
    let names = type == 10 ? nil : [name]
    func lose(_ what: String) -> String { "\(source): \(what) of \(shown) is not taken over" }
    if record[85] != 0 { return warn(0, lose("the quota per session")) }
    if let names {
      for index in users.indices where names.contains(String(decoding: users[index].name, as: UTF8.self)) {
        users[index].options = users[index].options.without("quota").without("quota-files")
      }
    }
    let bytesIn = Self.double(record, 90)
    if bytesIn > 0, bytesIn < 9e18 { set("quota", String(UInt64(bytesIn)), of: names, from: "the quota") }
    let filesIn = Self.word(record, 114)
    if filesIn > 0 { set("quota-files", String(filesIn), of: names, from: "the quota of files") }
    if Self.double(record, 98) > 0 { warn(0, lose("the limit of downloaded bytes")) }
    if Self.double(record, 106) > 0 { warn(0, lose("the limit of transferred bytes")) }
    if Self.word(record, 118) > 0 { warn(0, lose("the limit of downloaded files")) }
    if Self.word(record, 122) > 0 { warn(0, lose("the limit of transferred files")) }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func double(_ bytes: [UInt8], _ offset: Int) -> Double {
    Double(bitPattern: bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }
}

extension String {
  /// Without blanks and tabs at its ends.
  var trimmed: String {
    func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\r" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
