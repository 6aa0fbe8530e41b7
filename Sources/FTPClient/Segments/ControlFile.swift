// What a download in segments knows of itself when it begins anew: its source, which bytes are there, and their check sums.

import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import TransportSecurity

/// The file `.NAME.weftp` beside the part `.NAME.weftp-part`: a head that tells the source, then a line for each piece that has come.
///
/// A line is written when its bytes are written, so it outlives the end of this process. It tells in which start of the system that was, or
/// `disk` once the bytes have been synced: only then it outlives the end of the system. Each line has the CRC-32 of its bytes, so a part
/// that somebody has changed, or that lost some of them, is found out piece by piece.
final class ControlFile: Sendable {
  /// A piece that is there.
  struct Record: Sendable, Hashable {
    var range: Range<Int64>
    var checkSum: [UInt8]
    var isSynced: Bool
  }

  /// What the bytes are of.
  struct Source: Sendable, Hashable {
    /// `host:port` and the path, as the client named them.
    var place: [UInt8]
    var size: Int64
    /// Seconds since 1970, and perhaps a fraction.
    var modified: String?
    var unique: [UInt8]?
  }

  private struct State {
    var file: Int32
    var end: Int64
    var records: [Record]
    var isSyncing = false
    var syncedAt: Int64
    var unsynced: Int64 = 0
    /// Nothing is synced any more: the file is about to be closed.
    var isSettled = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  let source: Source
  private let directory: LocalDirectory
  private let name: [UInt8]
  private let state: Mutex<State>

  private static let magic = "weftp segments 1"
  /// Bytes and nanoseconds after which all that has come is synced.
  private static let syncBytes: Int64 = 256 << 20
  private static let syncTime: Int64 = 10_000_000_000

  deinit { state.withLock { _ = Glibc.close($0.file) } }

  /// The name beside `target`.
  static func name(for target: [UInt8]) -> [UInt8] { PartFile.name(for: target, suffix: ".weftp") }

  /// Bytes of a piece with a line of its own: few enough lines even for large files.
  static func pieceSize(of size: Int64) -> Int64 { max(1 << 20, (size / 8192 + 65535) / 65536 * 65536) }

  /// Writes a file with these records, in place of one that is there.
  init(_ source: Source, _ records: [Record], for target: [UInt8], in directory: LocalDirectory) throws(ClientError) {
    self.source = source
    self.directory = directory
    name = Self.name(for: target)
    let (file, end) = try Self.write(source, records, name, directory)
    state = Mutex(State(file: file, end: end, records: records, syncedAt: MonotonicTime.now.nanoseconds))
  }

  private static func write(
    _ source: Source, _ records: [Record], _ name: [UInt8], _ directory: LocalDirectory
  ) throws(ClientError) -> (Int32, Int64) {
    let temporary = name + Array("~".utf8)
    try directory.remove(temporary)
    let file = try directory.openForWriting(temporary)
    let text = head(source) + records.flatMap { line($0) }
    do throws(SystemError) {
      try text.withUnsafeBufferPointer { (bytes) throws(SystemError) in
        try File.write(file.number, UnsafeRawBufferPointer(bytes), at: 0)
      }
      try File.syncContents(file.number)
    } catch { throw .file(error, directory.path(of: name)) }
    try directory.rename(temporary, to: name, replacing: true)
    return (file.release(), Int64(text.count))
  }

  /// Removes it: the file is whole, or begins anew.
  static func remove(for target: [UInt8], in directory: LocalDirectory) throws(ClientError) {
    try directory.remove(name(for: target))
  }

  // MARK: while bytes come

  /// Notes that a piece has come.
  func add(_ range: Range<Int64>, checkSum: [UInt8]) throws(ClientError) {
    let record = Record(range: range, checkSum: checkSum, isSynced: false)
    let failure = state.withLock { state -> SystemError? in
      state.records.append(record)
      state.unsynced += Int64(range.count)
      return Self.append([record], to: &state.file, at: &state.end)
    }
    if let failure { throw .file(failure, directory.path(of: name)) }
  }

  private static func append(_ records: [Record], to file: inout Int32, at end: inout Int64) -> SystemError? {
    let bytes = records.flatMap { line($0) }
    do throws(SystemError) {
      let (number, place) = (file, end)
      try bytes.withUnsafeBufferPointer { (raw) throws(SystemError) in
        try File.write(number, UnsafeRawBufferPointer(raw), at: place)
      }
      end += Int64(bytes.count)
      return nil
    } catch { return error }
  }

  /// Whether it is time to ``sync(_:)``. Who is told so has to.
  func isDue(now: Int64 = MonotonicTime.now.nanoseconds) -> Bool {
    state.withLock { state in
      guard !state.isSyncing, !state.isSettled, state.unsynced > 0,
        state.unsynced >= Self.syncBytes || now - state.syncedAt >= Self.syncTime
      else { return false }
      state.isSyncing = true
      return true
    }
  }

  /// Has the bytes of the part on the disk, and then says so. It blocks.
  func sync(_ part: Int32) {
    let records = state.withLock { state in
      state.unsynced = 0
      return state.records
    }
    defer {
      let waiting = state.withLock { state in
        state.isSyncing = false
        state.syncedAt = MonotonicTime.now.nanoseconds
        return state.waiting.take()
      }
      waiting?.resume()
    }
    do {
      try File.syncContents(part)
      let synced = records.map { Record(range: $0.range, checkSum: $0.checkSum, isSynced: true) }
      let temporary = name + Array("~".utf8)
      try directory.remove(temporary)
      let written = try directory.openForWriting(temporary)
      let text = Self.head(source) + synced.flatMap { Self.line($0) }
      try text.withUnsafeBufferPointer { try File.write(written.number, UnsafeRawBufferPointer($0), at: 0) }
      try File.syncContents(written.number)
      let number = written.release()
      let failure = state.withLock { state -> ClientError? in
        // What has come meanwhile.
        let later = Array(state.records[synced.count...])
        var (file, end) = (number, Int64(text.count))
        _ = Self.append(later, to: &file, at: &end)
        do throws(ClientError) { try directory.rename(temporary, to: name, replacing: true) } catch {
          _ = Glibc.close(file)
          return error
        }
        _ = Glibc.close(state.file)
        state.file = file
        state.end = end
        state.records.replaceSubrange(..<synced.count, with: synced)
        return nil
      }
      if let failure { throw failure }
    } catch {
      // The lines that are there still hold for this start of the system; a failing disk is met again at the end.
    }
  }

  /// Waits for a sync that is under way; there will be no further one.
  func settle() async {
    await withCheckedContinuation { continuation in
      let isSyncing = state.withLock { state in
        state.isSettled = true
        if state.isSyncing { state.waiting = continuation }
        return state.isSyncing
      }
      if !isSyncing { continuation.resume() }
    }
  }

  // MARK: lines

  private static func head(_ source: Source) -> [UInt8] {
    let lines = [
      magic, "source \(hexadecimal(source.place))", "size \(source.size)", "modified \(source.modified ?? "-")",
      "unique \(source.unique.map { hexadecimal($0) } ?? "-")", "algorithm CRC32",
    ]
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private static func line(_ record: Record) -> [UInt8] {
    let when = record.isSynced ? "disk" : running
    let text = "\(record.range.lowerBound) \(record.range.upperBound) \(hexadecimal(record.checkSum)) \(when)\n"
    return Array(text.utf8)
  }

  private static let running = hexadecimal(SystemStart.identity)

  /// What is written there; nil if there is nothing, or nothing that can be understood. Lines of an earlier start of the system that were
  /// not synced are left out, and so is half a line at the end.
  static func read(for target: [UInt8], in directory: LocalDirectory) throws(ClientError) -> (Source, [Record])? {
    let name = name(for: target)
    guard let status = try directory.status(name), status.isRegular, status.size < 64 << 20 else { return nil }
    let bytes = try directory.read(name, limit: status.size)
    guard let end = bytes.lastIndex(of: 0x0A) else { return nil }
    let lines = bytes[..<end].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    guard lines.count >= 6, lines[0] == magic, lines[5] == "algorithm CRC32",
      let place = value(lines[1], "source").flatMap({ bytesOf($0) }),
      let size = value(lines[2], "size").flatMap({ Int64($0) }), size >= 0,
      let modified = value(lines[3], "modified"), let unique = value(lines[4], "unique")
    else { return nil }
    let source = Source(
      place: place, size: size, modified: modified == "-" ? nil : modified,
      unique: unique == "-" ? nil : bytesOf(unique))
    return (source, lines[6...].compactMap { record($0, size) })
  }

  private static func value(_ line: String, _ key: String) -> String? {
    line.hasPrefix(key + " ") ? String(line.dropFirst(key.count + 1)) : nil
  }

  private static func record(_ line: String, _ size: Int64) -> Record? {
    let words = line.split(separator: " ")
    guard words.count == 4, let lower = Int64(words[0]), let upper = Int64(words[1]), 0 <= lower, lower < upper,
      upper <= size, let sum = bytesOf(String(words[2])), sum.count == 4
    else { return nil }
    guard words[3] == "disk" || words[3] == running else { return nil }
    return Record(range: lower..<upper, checkSum: sum, isSynced: words[3] == "disk")
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytesOf(_ text: String) -> [UInt8]? {
    let values = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard values.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard let high = values[index], let low = values[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
