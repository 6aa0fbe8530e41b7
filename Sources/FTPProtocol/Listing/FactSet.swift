// Which facts MLST and MLSD print, and how a client chooses them.

/// The facts of RFC 3659 §7.5 (and the UNIX ones in common use) as a set.
public struct FactSet: OptionSet, Sendable, Hashable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let type = FactSet(rawValue: 1 << 0)
  public static let size = FactSet(rawValue: 1 << 1)
  public static let modify = FactSet(rawValue: 1 << 2)
  public static let perm = FactSet(rawValue: 1 << 3)
  public static let unique = FactSet(rawValue: 1 << 4)
  public static let unixMode = FactSet(rawValue: 1 << 5)
  public static let unixOwner = FactSet(rawValue: 1 << 6)
  public static let unixGroup = FactSet(rawValue: 1 << 7)
  public static let unixOwnerName = FactSet(rawValue: 1 << 8)
  public static let unixGroupName = FactSet(rawValue: 1 << 9)
  public static let create = FactSet(rawValue: 1 << 10)
  public static let lang = FactSet(rawValue: 1 << 11)
  public static let mediaType = FactSet(rawValue: 1 << 12)
  public static let charset = FactSet(rawValue: 1 << 13)

  /// Every fact there is.
  public static let all = FactSet(rawValue: (1 << 14) - 1)

  /// Those few clients want, and that cost more than they tell.
  static let uncommon: FactSet = [.create, .lang, .mediaType, .charset]

  /// What is printed until the client says otherwise: all but the names of owner and group and the uncommon ones.
  public static let standard = all.subtracting(uncommon).subtracting([.unixOwnerName, .unixGroupName])

  /// The names in the order in which they are printed; their case does not matter to a client (RFC 3659 §7.5).
  private static let names: [(fact: FactSet, name: StaticString)] = [
    (.type, "type"), (.size, "size"), (.modify, "modify"), (.perm, "perm"), (.unique, "unique"),
    (.unixMode, "UNIX.mode"), (.unixOwner, "UNIX.owner"), (.unixGroup, "UNIX.group"),
    (.unixOwnerName, "UNIX.ownername"), (.unixGroupName, "UNIX.groupname"), (.create, "create"), (.lang, "lang"),
    (.mediaType, "media-type"), (.charset, "charset"),
  ]

  /// Reads the argument of `OPTS MLST`: names that each end in `;`. Unknown names are passed over (RFC 3659 §7.9).
  ///
  /// - Parameter optsArgument: what follows `MLST` and its space; empty to choose no fact at all.
  public init(optsArgument: [UInt8]) {
    self = []
    for word in optsArgument.split(separator: 0x3B) {
      for (fact, name) in FactSet.names where FactSet.equalFoldingCase(word, name) { insert(fact) }
    }
  }

  /// Reads what stands behind `MLST` in the FEAT reply: names that end in `;`, a `*` after those in force (RFC 3659 §7.8).
  static func read(featParameters: [UInt8]) -> (offered: FactSet, selected: FactSet) {
    var (offered, selected): (FactSet, FactSet) = ([], [])
    for word in featParameters.split(separator: 0x3B) {
      let isSelected = word.last == 0x2A
      let fact = FactSet(optsArgument: Array(isSelected ? word.dropLast() : word))
      offered.formUnion(fact)
      if isSelected { selected.formUnion(fact) }
    }
    return (offered, selected)
  }

  /// The names in the order in which they are printed, each with a `;` behind it: what OPTS MLST takes.
  public var names: [UInt8] {
    var names: [UInt8] = []
    for (fact, name) in FactSet.names where contains(fact) {
      names.append(name)
      names.append(0x3B)
    }
    return names
  }

  /// The text of the FEAT line, without its leading space: `MLST type*;size*;…`, a `*` on what is in this set.
  public var featLine: [UInt8] {
    var line: [UInt8] = []
    line.append("MLST ")
    for (fact, name) in FactSet.names {
      line.append(name)
      if contains(fact) { line.append(0x2A) }
      line.append(0x3B)
    }
    return line
  }

  /// The text of the reply to `OPTS MLST` (code 200): `MLST OPTS type;size;…`, the facts of this set (RFC 3659 §7.9).
  public var optsReply: [UInt8] {
    var line: [UInt8] = []
    line.append("MLST OPTS")
    if !isEmpty { line.append(0x20) }
    return line + names
  }

  private static func equalFoldingCase(_ word: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }
    return name.withUTF8Buffer { name in name.elementsEqual(word) { folded($0) == folded($1) } }
  }
}

/// What the `perm` fact promises a client (RFC 3659 §7.5.5); whoever fills it must have checked.
public struct Permissions: OptionSet, Sendable, Hashable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `a`: APPE may be applied to the file.
  public static let append = Permissions(rawValue: 1 << 0)
  /// `c`: files may be created in the directory.
  public static let create = Permissions(rawValue: 1 << 1)
  /// `d`: the object may be deleted.
  public static let delete = Permissions(rawValue: 1 << 2)
  /// `e`: the directory may be entered.
  public static let enter = Permissions(rawValue: 1 << 3)
  /// `f`: the object may be renamed.
  public static let rename = Permissions(rawValue: 1 << 4)
  /// `l`: the directory may be listed.
  public static let list = Permissions(rawValue: 1 << 5)
  /// `m`: directories may be made in the directory.
  public static let makeDirectory = Permissions(rawValue: 1 << 6)
  /// `p`: what the directory holds may be deleted.
  public static let purge = Permissions(rawValue: 1 << 7)
  /// `r`: the file may be retrieved.
  public static let retrieve = Permissions(rawValue: 1 << 8)
  /// `w`: the file may be stored to.
  public static let store = Permissions(rawValue: 1 << 9)

  /// The letters of the bits, the lowest first: "acdeflmprw".
  static let letters: [UInt8] = Array("acdeflmprw".utf8)

  /// Reads the value of a `perm` fact: letters in either case; others than those of RFC 3659 are passed over.
  public init(letters: some Sequence<UInt8>) {
    self = []
    for letter in letters {
      guard let place = Permissions.letters.firstIndex(of: letter | 0x20) else { continue }
      insert(Permissions(rawValue: 1 << UInt16(place)))
    }
  }
}
