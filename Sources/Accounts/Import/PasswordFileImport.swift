// Reads the passwd-like user files of ProFTPD and Pure-FTPd, with the limits that Pure-FTPd keeps in them.

extension UserImport {
  /// Reads a file from bytes; `source` is its name for messages. The two kinds of files are told apart by their number of fields.
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
    self.init(format)
    for (line, fields) in rows {
      let isComplete = format == .proftpd ? fields.count == 7 : Self.isPureFTPd(fields.count)
      guard isComplete, fields.count > 5 else {
        let expected = format == .proftpd ? "7" : "18"
        let message = "expected the \(expected) fields of a \(format.rawValue) line, found \(fields.count)"
        skipped.append(.init(line: line, message: message))
        continue
      }
      let home = String(decoding: fields[5], as: UTF8.self)
      var imported = format == .pureftpd ? Self.limits(fields) : ImportedOptions()
      // Pure-FTPd's jail is what stands before this, and the session begins in what stands behind. Here, both are the home.
      if let mark = home.firstRange(of: "/./"), mark.upperBound < home.endIndex {
        imported.note("the directories around the home, from \(home[..<mark.lowerBound]) on, are not seen here")
      }
      add(
        name: Array(fields[0]), hash: Array(fields[1]), home: Array(fields[5]), isReadOnly: false, line: line, imported)
    }
  }

  /// The format of most lines; nil if no line has either format.
  private static func detect(_ fieldCounts: [Int]) -> Format? {
    let proftpd = fieldCounts.count { $0 == 7 }
    let pureftpd = fieldCounts.count(where: isPureFTPd)
    if proftpd == 0, pureftpd == 0 { return nil }
    return proftpd >= pureftpd ? .proftpd : .pureftpd
  }

  /// pure-pw writes 18 fields; old versions without quotas and times wrote fewer.
  private static func isPureFTPd(_ count: Int) -> Bool { (8...18).contains(count) }

  /// The fields of pureftpd.passwd from the seventh on. Source: log_puredb.c of Pure-FTPd.
  private static func limits(_ fields: [ArraySlice<UInt8>]) -> ImportedOptions {
    var imported = ImportedOptions()
    func text(_ index: Int) -> String? {
      guard fields.indices.contains(index), !isUnset(fields[index]) else { return nil }
      return String(decoding: fields[index], as: UTF8.self)
    }
    let numbers: [(index: Int, key: String, what: String)] = [
      (6, "session-rate-up", "upload bandwidth"), (7, "session-rate-down", "download bandwidth"),
      (10, "sessions", "limit of sessions"), (11, "quota-files", "quota of files"), (12, "quota", "quota of bytes"),
    ]
    for (index, key, what) in numbers {
      if let number = text(index) { imported.set(key, number, from: what) }
    }
    if text(8) != nil || text(9) != nil { imported.lose("ratio") }
    if text(13) != nil || text(14) != nil { imported.lose("restriction to local addresses") }
    // Names of hosts are looked up over there; here an address is one.
    if let peers = text(15) {
      imported.set("from", peers.replacing(",", with: ";"), from: "restriction to client addresses")
    }
    if text(16) != nil { imported.lose("list of refused client addresses") }
    if let times = text(17) {
      let ends = times.split(separator: "-", omittingEmptySubsequences: false).map { end in
        String(repeating: "0", count: max(0, 4 - end.utf8.count)) + end
      }
      imported.set("hours", ends.joined(separator: "-"), from: "restriction to times of day")
    }
    return imported
  }

  /// Empty, or only zeros: Pure-FTPd's ways to say "no limit".
  private static func isUnset(_ field: ArraySlice<UInt8>) -> Bool {
    field.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") }
  }
}
