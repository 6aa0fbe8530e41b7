// What a file of segments says of itself, behind its last byte: how long it will be, and which bytes are there.

import FTPProtocol
import Glibc
import LinuxSystem

/// The records behind the bytes of a partial that is filled in segments.
///
/// One record is added when a segment ends, and now and then while one comes. The file is cut off behind its last byte before it gets
/// its name, so nobody ever sees them. The last one ends where the file ends: it is found from there.
public struct SegmentJournal: Sendable, Equatable {
  /// Bytes the whole file will have.
  public let total: Int64
  public private(set) var done = IntervalSet()
  /// Where the next record goes.
  public private(set) var end: Int64

  /// A record: eight bytes each of magic, total, start and end of an interval, sixteen of the start of the system, eight of check sum.
  static let recordSize = 56
  private static let magic = Array("weftMAP1".utf8)
  /// With more records than this the journal is written anew.
  static let limit = 4096
  /// So many intervals can be apart; who sends more of them has to fill a gap first.
  static let intervalLimit = 2048

  /// What a record says of its bytes: they are on the disk.
  static let synced = [UInt8](repeating: 0, count: 16)
  /// They are in the system's memory: true until the system starts anew.
  static let running = SystemStart.identity

  init(total: Int64) {
    self.total = total
    end = total
  }

  /// Reads what the file says; nil if it says nothing that can be understood.
  public init?(of file: Int32, size: UInt64) {
    let record = Int64(Self.recordSize)
    guard let size = Int64(exactly: size), size >= record,
      let last = Self.read(file, at: size - record, count: Self.recordSize),
      let total = Self.parse(last[...])?.total, total >= 0, total <= size - record, (size - total) % record == 0,
      (size - total) / record <= Int64(Self.limit) * 2,
      let all = Self.read(file, at: total, count: Int(size - total))
    else { return nil }
    self.init(total: total)
    for start in stride(from: 0, to: all.count, by: Self.recordSize) {
      guard let part = Self.parse(all[start..<(start + Self.recordSize)]), part.total == total,
        part.range.upperBound <= total
      else { return nil }
      if part.mark == Self.synced || part.mark == Self.running { done.insert(part.range) }
    }
    end = size
  }

  /// Says that the bytes of `range` are there.
  mutating func append(_ range: Range<Int64>, isSynced: Bool, to file: Int32) throws(SystemError) {
    done.insert(range)
    if (end - total) / Int64(Self.recordSize) >= Int64(Self.limit) { return try rewrite(isSynced: false, file) }
    let bytes = Self.record(total, range, isSynced ? Self.synced : Self.running)
    try Self.write(bytes, to: file, at: end)
    end += Int64(bytes.count)
  }

  /// Takes back that the bytes of `range` are there.
  mutating func remove(_ range: Range<Int64>, from file: Int32) throws(SystemError) {
    let before = done
    done.remove(range)
    if done != before { try rewrite(isSynced: false, file) }
  }

  /// Writes down all there is, and nothing else. Between the two calls the file says nothing: then it is sent anew.
  mutating func rewrite(isSynced: Bool, _ file: Int32) throws(SystemError) {
    let mark = isSynced ? Self.synced : Self.running
    var bytes = Self.record(total, 0..<0, mark)
    for interval in done.intervals { bytes += Self.record(total, interval, mark) }
    try File.truncate(file, to: total)
    try Self.write(bytes, to: file, at: total)
    end = total + Int64(bytes.count)
  }

  // MARK: records

  private static func record(_ total: Int64, _ range: Range<Int64>, _ mark: [UInt8]) -> [UInt8] {
    var bytes = magic
    for number in [total, range.lowerBound, range.upperBound] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += mark
    withUnsafeBytes(of: checkSum(bytes[...]).littleEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }

  private static func parse(_ record: ArraySlice<UInt8>) -> (total: Int64, range: Range<Int64>, mark: [UInt8])? {
    let start = record.startIndex
    guard record.starts(with: magic), number(record, 48) == Int64(bitPattern: checkSum(record.prefix(48))) else {
      return nil
    }
    let (total, lower, upper) = (number(record, 8), number(record, 16), number(record, 24))
    guard 0 <= lower, lower <= upper, upper <= total else { return nil }
    return (total, lower..<upper, Array(record[(start + 32)..<(start + 48)]))
  }

  private static func number(_ record: ArraySlice<UInt8>, _ place: Int) -> Int64 {
    let start = record.startIndex + place
    return Int64(bitPattern: record[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// FNV-1a: against halves of records, not against malice.
  private static func checkSum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func read(_ file: Int32, at offset: Int64, count: Int) -> [UInt8]? {
    var isWhole = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
      while used < count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[used..<count])
        guard let read = try? File.read(file, into: rest, at: offset + Int64(used)), read > 0 else { return }
        used += read
      }
      isWhole = true
    }
    return isWhole ? bytes : nil
  }

  private static func write(_ bytes: [UInt8], to file: Int32, at offset: Int64) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try File.write(file, buffer, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
