// The lines of MLSD and MLST: listings for machines (RFC 3659 §7).

/// Prints entries as `fact=value;…; name`: every fact ends in `;`, then comes exactly one space and the name.
///
/// Times are UTC. Names go out as the bytes they are; only CR and LF, which would end the line, become `?`.
public struct MachineFormatter: Sendable {
  /// What an entry is to the listing.
  public enum Role: Sendable, Hashable {
    /// Something in the directory.
    case entry
    /// The listed directory itself (`type=cdir`).
    case current
    /// The directory above it (`type=pdir`).
    case parent
  }

  /// The facts that are printed.
  public let facts: FactSet
  /// The day whose eight digits are kept: files of one directory often share it.
  private var datedDay = Int64.min
  private var date: UInt64 = 0

  /// Digits after the second in times; 0 prints none.
  public let fractionDigits: Int

  /// - Parameters:
  ///   - facts: those to be printed.
  ///   - fractionDigits: digits after the second in times, nine at most (RFC 3659 §2.3).
  public init(facts: FactSet, fractionDigits: Int = 0) {
    self.facts = facts
    self.fractionDigits = min(9, max(0, fractionDigits))
  }

  /// What only some entries have, and only some clients ask for.
  public struct Extras: Sendable, Hashable {
    /// Seconds since 1970 and nanoseconds; left out if nil.
    public var created: (seconds: Int64, nanoseconds: UInt32)? {
      get { createdSeconds.map { ($0, createdNanoseconds) } }
      set { (createdSeconds, createdNanoseconds) = (newValue?.seconds, newValue?.nanoseconds ?? 0) }
    }
    /// The text of a symbolic link.
    public var linkTarget: [UInt8]?
    private var createdSeconds: Int64?
    private var createdNanoseconds: UInt32 = 0

    public init(created: (seconds: Int64, nanoseconds: UInt32)? = nil, linkTarget: [UInt8]? = nil) {
      self.linkTarget = linkTarget
      self.created = created
    }
  }

  /// Appends the line of one entry for MLSD, with CR LF.
  ///
  /// - Parameters:
  ///   - name: what stands behind the facts: the name in the directory for MLSD, a path for MLST.
  ///   - permissions: what the session's user may do with it.
  ///   - ownerName: for `UNIX.ownername`, left out if nil.
  ///   - groupName: for `UNIX.groupname`, left out if nil.
  ///   - extras: for `create` and the target of a link.
  public mutating func append(
    name: UnsafeRawBufferPointer, facts file: FileFacts, role: Role = .entry, permissions: Permissions,
    ownerName: [UInt8]? = nil, groupName: [UInt8]? = nil, extras: Extras? = nil, to out: inout [UInt8]
  ) {
    appendFacts(file, role, permissions, ownerName, groupName, extras, name, lineEnd: true, to: &out)
  }

  /// The line of one entry for the reply to MLST: a space in front, no line end.
  public mutating func replyLine(
    path: [UInt8], facts file: FileFacts, role: Role = .entry, permissions: Permissions, ownerName: [UInt8]? = nil,
    groupName: [UInt8]? = nil
  ) -> [UInt8] {
    var line: [UInt8] = [0x20]
    path.withUnsafeBytes { path in
      appendFacts(file, role, permissions, ownerName, groupName, nil, path, lineEnd: false, to: &line)
    }
    return line
  }

  private mutating func appendFacts(
    _ file: FileFacts, _ role: Role, _ permissions: Permissions, _ ownerName: [UInt8]?, _ groupName: [UInt8]?,
    _ extras: Extras?, _ name: UnsafeRawBufferPointer, lineEnd: Bool, to out: inout [UInt8]
  ) {
    prepareDate(file.modified)
    // type 23, size 26, modify 32, perm 16, unique 41, mode 16, owner 22, group 22, names 15 + 15, create 32, lang 9,
    // media-type 96, charset 21, ends: below 512. A target's bytes become three at most.
    let targetCount = extras?.linkTarget?.count ?? 0
    let bound = 512 + name.count + (ownerName?.count ?? 0) + (groupName?.count ?? 0) + 3 * targetCount
    withUnsafeTemporaryAllocation(byteCount: bound, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      writeStandard(file, role, permissions, extras?.linkTarget, to: &writer)
      writeUNIX(file, ownerName, groupName, to: &writer)
      if !facts.isDisjoint(with: .uncommon) { writeUncommon(file, extras, name, to: &writer) }
      writer.write(0x20)
      writer.write(name: name)
      if lineEnd {
        writer.write(0x0D)
        writer.write(0x0A)
      }
      out.append(contentsOf: writer.written)
    }
  }

  private func writeStandard(
    _ file: FileFacts, _ role: Role, _ permissions: Permissions, _ linkTarget: [UInt8]?, to writer: inout ByteWriter
  ) {
    if facts.contains(.type) {
      writer.write("type=")
      writer.write(MachineFormatter.typeValue(file.kind, role))
      if let linkTarget, file.kind == .symlink { MachineFormatter.write(target: linkTarget, to: &writer) }
      writer.write(0x3B)
    }
    // What a directory's or a link's size would be is nothing a client could transfer.
    if facts.contains(.size), file.kind == .file {
      writer.write("size=")
      writer.write(decimal: file.size)
      writer.write(0x3B)
    }
    if facts.contains(.modify) {
      writer.write("modify=")
      writer.write(raw: date)
      MachineFormatter.write(timeOfDay: file.modified, to: &writer)
      if fractionDigits > 0 { TimeStamp.writeFraction(file.modifiedNanoseconds, digits: fractionDigits, to: &writer) }
      writer.write(0x3B)
    }
    if facts.contains(.perm) {
      writer.write("perm=")
      for (bit, letter) in Permissions.letters.enumerated() where permissions.rawValue &>> UInt16(bit) & 1 == 1 {
        writer.write(letter)
      }
      writer.write(0x3B)
    }
    if facts.contains(.unique) {
      writer.write("unique=")
      writer.write(hexadecimal: file.device)
      writer.write(0x55)
      writer.write(hexadecimal: file.inode)
      writer.write(0x3B)
    }
  }

  private func writeUNIX(
    _ file: FileFacts, _ ownerName: [UInt8]?, _ groupName: [UInt8]?, to writer: inout ByteWriter
  ) {
    if facts.contains(.unixMode) {
      writer.write("UNIX.mode=0")
      for shift: UInt16 in [9, 6, 3, 0] where shift != 9 || file.mode &>> 9 & 7 != 0 {
        writer.write(UInt8(truncatingIfNeeded: 0x30 &+ file.mode &>> shift & 7))
      }
      writer.write(0x3B)
    }
    if facts.contains(.unixOwner) {
      writer.write("UNIX.owner=")
      writer.write(decimal: UInt64(file.owner))
      writer.write(0x3B)
    }
    if facts.contains(.unixGroup) {
      writer.write("UNIX.group=")
      writer.write(decimal: UInt64(file.group))
      writer.write(0x3B)
    }
    if facts.contains(.unixOwnerName), let ownerName {
      writer.write("UNIX.ownername=")
      MachineFormatter.write(value: ownerName, to: &writer)
    }
    if facts.contains(.unixGroupName), let groupName {
      writer.write("UNIX.groupname=")
      MachineFormatter.write(value: groupName, to: &writer)
    }
  }

  private static func typeValue(_ kind: FileFacts.Kind, _ role: Role) -> StaticString {
    switch (role, kind) {
    case (.current, _): "cdir"
    case (.parent, _): "pdir"
    case (.entry, .file): "file"
    case (.entry, .directory): "dir"
    case (.entry, .symlink): "OS.unix=slink:"
    case (.entry, .fifo): "OS.unix=fifo"
    case (.entry, .socket): "OS.unix=socket"
    case (.entry, .characterDevice): "OS.unix=chr"
    case (.entry, .blockDevice): "OS.unix=blk"
    case (.entry, .unknown): "OS.unix=unknown"
    }
  }

  /// A value from outside: blanks, controls and `;`, which would end the fact, become `_`.
  private static func write(value: [UInt8], to writer: inout ByteWriter) {
    for byte in value { writer.write(byte <= 0x20 || byte == 0x7F || byte == 0x3B ? 0x5F : byte) }
    writer.write(0x3B)
  }

  /// Makes `date` the eight digits of the day of `modified`.
  private mutating func prepareDate(_ modified: Int64) {
    guard facts.contains(.modify) else { return }
    let clamped = CivilTime.clamped(modified)
    let day = CivilTime.units(of: 86400, in: clamped)
    if day == datedDay { return }
    datedDay = day
    let digits = TimeStamp.format(clamped)
    date = digits.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
  }

  private static func write(timeOfDay modified: Int64, to writer: inout ByteWriter) {
    let clamped = CivilTime.clamped(modified)
    let second = Int(clamped - CivilTime.units(of: 86400, in: clamped) * 86400)
    writer.write(twoDigits: second / 3600)
    writer.write(twoDigits: second / 60 % 60)
    writer.write(twoDigits: second % 60)
  }
}
