// A zip archive that is written while it is made: stored, not compressed, each size behind its data. Pure.

import TransportSecurity

/// Source: APPNOTE.TXT 6.3.10, PKWARE. All entries have the fields of ZIP64, since no size is known when an entry begins.
struct ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let flags: UInt16
    let time: (date: UInt16, time: UInt16)
    let isDirectory: Bool
    let offset: UInt64
    var size: UInt64 = 0
    var checksum: UInt32 = 0
  }

  /// The checksum of the entry that has begun, which cannot be copied.
  private final class Running {
    var checksum: Digest?
  }

  private var entries: [Entry] = []
  private let running = Running()
  private(set) var offset: UInt64 = 0

  /// The head of an entry; data and ``end()`` follow.
  ///
  /// - Parameters:
  ///   - name: `/` between its parts; of a directory with one at its end.
  ///   - modified: seconds since 1970, UTC.
  mutating func begin(_ name: [UInt8], modified: Int64?) throws -> [UInt8] {
    // Bit 3: sizes and checksum follow the data. Bit 11: the name is UTF-8.
    let isText = String(validating: name, as: UTF8.self) != nil
    let entry = Entry(
      name: name, flags: isText ? 0x0808 : 0x0008, time: Self.stamp(modified),
      isDirectory: name.last == UInt8(ascii: "/"), offset: offset)
    entries.append(entry)
    running.checksum = try Digest(.crc32)
    var out = Bytes()
    out.add(UInt32(0x0403_4B50))
    for field in [45, entry.flags, 0, entry.time.time, entry.time.date] { out.add(field) }
    out.add(UInt32(0))
    // The sizes are in the extra field, and are 0 there until the descriptor behind the data tells them.
    out.add(UInt32.max)
    out.add(UInt32.max)
    out.add(UInt16(truncatingIfNeeded: name.count))
    out.add(UInt16(20))
    out.bytes += name
    out.add(UInt16(1))
    out.add(UInt16(16))
    out.add(UInt64(0))
    out.add(UInt64(0))
    offset += UInt64(out.bytes.count)
    return out.bytes
  }

  /// Counts data of the entry that has begun.
  mutating func add(_ data: [UInt8]) throws {
    try data.withUnsafeBytes { try running.checksum?.update($0) }
    entries[entries.count - 1].size += UInt64(data.count)
    offset += UInt64(data.count)
  }

  /// What follows an entry's data.
  mutating func end() throws -> [UInt8] {
    let last = entries.count - 1
    if let digest = running.checksum.take() {
      entries[last].checksum = try digest.finish().reduce(0) { $0 << 8 | UInt32($1) }
    }
    var out = Bytes()
    out.add(UInt32(0x0807_4B50))
    out.add(entries[last].checksum)
    out.add(entries[last].size)
    out.add(entries[last].size)
    offset += UInt64(out.bytes.count)
    return out.bytes
  }

  /// The directory at the archive's end.
  func finish() -> [UInt8] {
    var out = Bytes()
    for entry in entries {
      out.add(UInt32(0x0201_4B50))
      // Made by UNIX (3), so that the upper half of the attributes are a file's mode.
      for field in [0x032D, 45, entry.flags, 0, entry.time.time, entry.time.date] { out.add(field) }
      out.add(entry.checksum)
      out.add(UInt32.max)
      out.add(UInt32.max)
      for field in [UInt16(truncatingIfNeeded: entry.name.count), 28, 0, 0, 0] { out.add(field) }
      out.add(entry.isDirectory ? UInt32(0o040755) << 16 | 0x10 : UInt32(0o100644) << 16)
      out.add(UInt32.max)
      out.bytes += entry.name
      out.add(UInt16(1))
      out.add(UInt16(24))
      out.add(entry.size)
      out.add(entry.size)
      out.add(entry.offset)
    }
    let size = UInt64(out.bytes.count)
    let count = UInt64(entries.count)
    out.add(UInt32(0x0606_4B50))
    out.add(UInt64(44))
    out.add(UInt16(0x032D))
    out.add(UInt16(45))
    out.add(UInt32(0))
    out.add(UInt32(0))
    for number in [count, count, size, offset] { out.add(number) }
    out.add(UInt32(0x0706_4B50))
    out.add(UInt32(0))
    out.add(offset + size)
    out.add(UInt32(1))
    out.add(UInt32(0x0605_4B50))
    for field in [0, 0, UInt16(clamping: count), UInt16(clamping: count)] { out.add(field) }
    out.add(UInt32(clamping: size))
    out.add(UInt32.max)
    out.add(UInt16(0))
    return out.bytes
  }

  /// A time as MS-DOS has it, in UTC: from 1980 to 2107, in steps of two seconds.
  static func stamp(_ seconds: Int64?) -> (date: UInt16, time: UInt16) {
    guard let seconds, seconds >= 315_532_800, seconds < 4_354_819_200 else { return (0x21, 0) }
    let (days, second) = (seconds / 86400, seconds % 86400)
    // Days to a date of the civil calendar, with years that begin in March (Howard Hinnant, "chrono-compatible algorithms").
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = (year - 1980) << 9 | month << 5 | day
    let time = (second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60) / 2
    return (UInt16(truncatingIfNeeded: date), UInt16(truncatingIfNeeded: time))
  }

  /// Numbers with their low byte first.
  private struct Bytes {
    var bytes: [UInt8] = []

    mutating func add<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
  }
}
