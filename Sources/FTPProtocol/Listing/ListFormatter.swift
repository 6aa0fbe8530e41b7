// The lines of LIST and NLST, in the form of `ls -l` that clients have learnt to read.

/// Prints the long form (`-rw-r--r--   1 user group 1234 Jan 02 15:04 name`) and the short one (`name`), each with CR LF.
///
/// RFC 959 leaves the form open; clients take `ls -l` for granted. Months are English and times are UTC. Names go out as the bytes
/// they are; only CR and LF, which would end the line, become `?`.
public struct ListFormatter: Sendable {
  /// Half a mean Gregorian year, the age at which `ls` shows the year instead of the time.
  private static let recentAge: Int64 = 15_778_476
  /// Clocks differ: up to a day ahead still counts as now.
  private static let futureLeniency: Int64 = 86400

  private let now: Int64
  /// The minute whose date text is kept: files of one directory often share it.
  private var datedMinute = Int64.min
  /// The twelve characters of that date, eight and four as they stand in memory.
  private var date: (UInt64, UInt32) = (0, 0)

  /// - Parameter now: seconds since 1970; decides between the time of day and the year.
  public init(now: Int64) { self.now = now }

  /// Appends the long line of one entry.
  ///
  /// - Parameters:
  ///   - name: as it is in the directory.
  ///   - owner: the user's name or number; a blank or control character in it becomes `_`, for clients count the columns.
  ///   - group: the same for the group.
  ///   - linkTarget: printed as `name -> target` if not nil.
  public mutating func appendLong(
    name: UnsafeRawBufferPointer, facts: FileFacts, owner: [UInt8], group: [UInt8], linkTarget: [UInt8]?,
    to out: inout [UInt8]
  ) {
    prepareDate(facts.modified)
    // 10 of mode, 10 of links, 20 of size, 12 of date, blanks, padding of owner and group, arrow and line end: below 96.
    let bound = 96 + owner.count + group.count + name.count + (linkTarget?.count ?? 0)
    withUnsafeTemporaryAllocation(byteCount: bound, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      writer.write(raw: ListFormatter.modeText(facts).0)
      writer.write(raw: ListFormatter.modeText(facts).1)
      writer.write(0x20)
      writer.write(decimal: UInt64(facts.links), width: 3)
      ListFormatter.write(column: owner, to: &writer)
      ListFormatter.write(column: group, to: &writer)
      writer.write(0x20)
      writer.write(decimal: facts.size, width: 10)
      writer.write(0x20)
      writer.write(raw: date.0)
      writer.write(raw: date.1)
      writer.write(0x20)
      writer.write(name: name)
      if let linkTarget {
        writer.write(" -> ")
        linkTarget.withUnsafeBytes { writer.write(name: $0) }
      }
      writer.write(0x0D)
      writer.write(0x0A)
      out.append(contentsOf: writer.written)
    }
  }

  /// Appends the short line of one entry (NLST): `prefix`, then `name`.
  ///
  /// - Parameter prefix: what the client put before the name, as in `NLST dir` giving `dir/name`; empty for none.
  public mutating func appendName(_ name: UnsafeRawBufferPointer, prefix: [UInt8] = [], to out: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: prefix.count + name.count + 2, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      prefix.withUnsafeBytes { writer.write(name: $0) }
      writer.write(name: name)
      writer.write(0x0D)
      writer.write(0x0A)
      out.append(contentsOf: writer.written)
    }
  }

  /// ` name`, filled up to eight characters.
  private static func write(column name: [UInt8], to writer: inout ByteWriter) {
    writer.write(0x20)
    for byte in name { writer.write(byte <= 0x20 || byte == 0x7F ? 0x5F : byte) }
    if name.isEmpty { writer.write(0x3F) }
    writer.write(blanks: 8 &- max(name.count, 1))
  }

  /// `drwxr-xr-x`: eight characters and two as they stand in memory.
  private static func modeText(_ facts: FileFacts) -> (UInt64, UInt16) {
    func bit(_ shift: UInt16, _ letter: UInt8) -> UInt64 { UInt64(facts.mode &>> shift & 1 == 1 ? letter : 0x2D) }
    /// The place of `x`, shared with a set-id or sticky bit: `s`/`t` with it, `S`/`T` without.
    func execute(_ shift: UInt16, _ special: UInt16, _ letter: UInt8) -> UInt64 {
      guard facts.mode &>> special & 1 == 1 else { return bit(shift, 0x78) }
      return UInt64(facts.mode &>> shift & 1 == 1 ? letter : letter &- 0x20)
    }
    let owner = bit(8, 0x72) &<< 8 | bit(7, 0x77) &<< 16 | execute(6, 11, 0x73) &<< 24
    let group = bit(5, 0x72) &<< 32 | bit(4, 0x77) &<< 40 | execute(3, 10, 0x73) &<< 48
    let first = UInt64(kindLetter(facts.kind)) | owner | group | bit(2, 0x72) &<< 56
    let second = bit(1, 0x77) | execute(0, 9, 0x74) &<< 8
    return (first.littleEndian, UInt16(truncatingIfNeeded: second).littleEndian)
  }

  private static func kindLetter(_ kind: FileFacts.Kind) -> UInt8 {
    switch kind {
    case .file, .unknown: 0x2D
    case .directory: 0x64
    case .symlink: 0x6C
    case .fifo: 0x70
    case .socket: 0x73
    case .characterDevice: 0x63
    case .blockDevice: 0x62
    }
  }

  /// Makes `date` say `modified`: `Jan 02 15:04`, or `Jan 02  2020` for what is older than half a year or lies in the future.
  private mutating func prepareDate(_ modified: Int64) {
    let minute = CivilTime.units(of: 60, in: CivilTime.clamped(modified))
    // The border between the two forms runs through a minute, so it is taken by whole minutes: one text serves them all.
    if minute == datedMinute { return }
    datedMinute = minute
    let start = minute * 60
    let isRecent = start > now &- ListFormatter.recentAge && start <= now &+ ListFormatter.futureLeniency
    let time = CivilTime(start)
    withUnsafeTemporaryAllocation(byteCount: 12, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      writer.write(ListFormatter.months[time.month &- 1])
      writer.write(0x20)
      writer.write(twoDigits: time.day)
      if isRecent {
        writer.write(0x20)
        writer.write(twoDigits: time.hour)
        writer.write(0x3A)
        writer.write(twoDigits: time.minute)
      } else {
        writer.write("  ")
        writer.write(twoDigits: time.year / 100)
        writer.write(twoDigits: time.year % 100)
      }
      date.0 = writer.written.loadUnaligned(as: UInt64.self)
      date.1 = writer.written.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    }
  }

  private static let months: [StaticString] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
