// Reads the lines of MLSD and MLST (RFC 3659 §7.2), with what servers do to them.

extension ListedEntry {
  /// Reads a line of MLSD: facts `name=value;`, one space, the name.
  ///
  /// Names of facts do not depend on case. A value may hold anything but `;`, a name anything at all: blanks at its start, `;`, `=`. If
  /// the line has no other meaning, a last fact without its `;` is taken too. A value that does not fit its fact is passed over.
  ///
  /// - Parameter line: without its line end; for MLST without the space in front.
  /// - Returns: nil if the line is no entry, or the name is empty.
  public init?(machineLine line: ArraySlice<UInt8>) {
    self.init(name: [], kind: .unknown)
    guard let name = takeFacts(line) ?? takeUnfinishedFacts(line), !name.isEmpty else { return nil }
    self.name = Array(name)
  }

  /// Takes facts that all end in `;` and gives the name.
  private mutating func takeFacts(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var facts: [ArraySlice<UInt8>] = []
    var rest = line
    while let first = rest.first, first != 0x20 {
      guard let end = rest.firstIndex(of: 0x3B), ListedEntry.isFact(rest[..<end]) else { return nil }
      facts.append(rest[..<end])
      rest = rest[(end + 1)...]
    }
    guard rest.first == 0x20 else { return nil }
    for fact in facts { take(fact) }
    return rest.dropFirst()
  }

  /// The same where the last fact lacks its `;`, as one server writes it: the facts end at the first space.
  private mutating func takeUnfinishedFacts(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let space = line.firstIndex(of: 0x20), space > line.startIndex else { return nil }
    let facts = line[..<space].split(separator: 0x3B)
    guard !facts.isEmpty, facts.allSatisfy(ListedEntry.isFact) else { return nil }
    for fact in facts { take(fact) }
    return line[(space + 1)...]
  }

  /// A name without blanks, and `=`.
  private static func isFact(_ text: ArraySlice<UInt8>) -> Bool {
    guard let equals = text.firstIndex(of: 0x3D) else { return false }
    return equals > text.startIndex && !text[..<equals].contains(0x20)
  }

  private mutating func take(_ fact: ArraySlice<UInt8>) {
    guard let equals = fact.firstIndex(of: 0x3D) else { return }
    let name = String(decoding: fact[..<equals].map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    let value = fact[(equals + 1)...]
    switch name {
    case "type": takeType(value)
    case "size": size = DecimalNumber.read(value)
    case "modify": modified = ListedEntry.time(value)
    case "create": created = ListedEntry.time(value)
    case "perm": permissions = Permissions(letters: value)
    case "unique": unique = Array(value)
    case "media-type": mediaType = Array(value)
    case "charset": charset = Array(value)
    case "lang": language = Array(value)
    case let name where name.hasPrefix("unix."): takeUNIX(name, value)
    default: otherFacts.append(Fact(name: name, value: Array(value)))
    }
  }

  private mutating func takeUNIX(_ name: String, _ value: ArraySlice<UInt8>) {
    switch name {
    case "unix.mode": mode = UnixMode.octal(value)
    case "unix.owner", "unix.uid": (owner, ownerName) = ListedEntry.identity(value, named: ownerName)
    case "unix.group", "unix.gid": (group, groupName) = ListedEntry.identity(value, named: groupName)
    case "unix.ownername": ownerName = Array(value)
    case "unix.groupname": groupName = Array(value)
    default: otherFacts.append(Fact(name: name, value: Array(value)))
    }
  }

  /// A number, or a name where a server puts one in its place.
  private static func identity(_ value: ArraySlice<UInt8>, named name: [UInt8]?) -> (UInt32?, [UInt8]?) {
    if let number = DecimalNumber.read(value) { return (UInt32(exactly: number), name) }
    return (nil, name ?? Array(value))
  }

  private mutating func takeType(_ value: ArraySlice<UInt8>) {
    // Of two types the last counts, whole.
    (kind, role, linkTarget) = (.unknown, .entry, nil)
    let folded = value.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    switch String(decoding: folded, as: UTF8.self) {
    case "file": kind = .file
    case "dir": kind = .directory
    case "cdir": (kind, role) = (.directory, .current)
    case "pdir": (kind, role) = (.directory, .parent)
    case let text where text.hasPrefix("os.unix="): takeUNIXType(value.dropFirst(8), String(text.dropFirst(8)))
    default: otherFacts.append(Fact(name: "type", value: Array(value)))
    }
  }

  /// What stands behind `OS.unix=`: RFC 3659 §7.5.1.5 has `slink:target`, `chr-13/29` and `blk-11/108`, servers have more.
  private mutating func takeUNIXType(_ value: ArraySlice<UInt8>, _ folded: String) {
    if folded.hasPrefix("slink") || folded.hasPrefix("symlink") {
      kind = .symlink
      if let colon = value.firstIndex(of: 0x3A), colon + 1 < value.endIndex {
        linkTarget = MachineFormatter.target(from: value[(colon + 1)...])
      }
    } else if folded == "fifo" || folded == "pipe" {
      kind = .fifo
    } else if folded == "socket" {
      kind = .socket
    } else if folded.hasPrefix("chr") {
      kind = .characterDevice
    } else if folded.hasPrefix("blk") {
      kind = .blockDevice
    } else {
      otherFacts.append(Fact(name: "type", value: Array("OS.unix=".utf8) + value))
    }
  }

  private static func time(_ value: ArraySlice<UInt8>) -> ListedTime? {
    guard let time = TimeStamp.parse(value, from: 0) else { return nil }
    return ListedTime(
      seconds: time.seconds, nanoseconds: time.nanoseconds, precision: value.count > 14 ? .fraction : .second)
  }
}
