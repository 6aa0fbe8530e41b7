// What ProFTPD keeps of its users' limits in other files than passwords: rates and sessions in proftpd.conf, quotas in mod_quotatab's table.

extension UserImport {
  /// Takes over what ProFTPD's other files say of the users.
  ///
  /// - Parameters:
  ///   - configuration: the path of proftpd.conf: TransferRate, MaxClientsPerUser and MaxClientsPerHost of the server itself. What stands in
  ///     a section is named and left out.
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
    for (offset, raw) in UserTable.lines(of: bytes).enumerated() {
      let text = String(decoding: raw, as: UTF8.self).trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      if text.hasPrefix("</") {
        _ = sections.popLast()
      } else if text.hasPrefix("<") {
        sections.append(String(text.dropFirst().prefix { $0 != " " && $0 != ">" }))
      } else {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let isEverywhere = sections.allSatisfy { ["global", "ifmodule", "ifdefine"].contains($0.lowercased()) }
        directive(words, at: "\(source):\(offset + 1)", isEverywhere: isEverywhere)
      }
    }
  }

  private mutating func directive(_ words: [String], at place: String, isEverywhere: Bool) {
    let name = words[0].lowercased()
    guard ["transferrate", "maxclientsperuser", "maxclientsperhost"].contains(name) else { return }
    guard isEverywhere else {
      return warn(0, "\(place): \(words[0]) in a section is not taken over")
    }
    switch name {
    case "maxclientsperuser", "maxclientsperhost":
      guard words.count > 1, words[1] != "none" else { return }
      set(name == "maxclientsperuser" ? "sessions" : "sessions-per-address", words[1], from: words[0])
    default: transferRate(words, at: place)
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
    var position = 4
    while position + 126 <= bytes.count {
      let record = Array(bytes[position..<position + 126])
      let name = String(decoding: record.prefix(81).prefix { $0 != 0 }, as: UTF8.self)
      apply(record, name: name, source: source)
      position += 126
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
