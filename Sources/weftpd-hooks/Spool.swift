// The queue on disk: one stream of lines in files of a few MiB, and how far each destination has come in it.

import Glibc
import LinuxSystem
import Synchronization

/// A stream of records that outlives the process.
///
/// A file's name is the position of its first byte in the stream, so a record may begin in one file and end in the next. A destination's
/// position stands in a file `position.NAME`. What all destinations have passed is removed.
final class Spool: Sendable {
  struct State {
    /// Where each file begins, in order; the last one is written to.
    var files: [Int64]
    /// The position behind the last byte.
    var end: Int64
    var positions: [String: Int64]
    /// The last file; -1 until there is something to write.
    var current: Int32 = -1
  }

  private let directory: String
  private let limit: Int64
  /// How large a file becomes before the next is begun.
  let fileSize: Int64
  private let lock: Descriptor
  let state: Mutex<State>

  /// The longest record; what is longer is skipped in pieces.
  static let recordLimit = 1 << 18

  /// Opens the queue, and makes its directory. Waits while another process uses it.
  ///
  /// - Parameters:
  ///   - limit: bytes that may wait.
  ///   - destinations: a new one begins with what comes from now on.
  ///   - cutsOff: removes the beginning of a record at the end, which was lost with another pipe.
  init(_ directory: String, limit: Int64, destinations: [String], cutsOff: Bool) throws(SystemError) {
    self.directory = directory
    self.limit = limit
    fileSize = max(16_384, min(4 << 20, limit / 8))
    if mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError(code: errno, call: "mkdir") }
    lock = try File.open("\(directory)/lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    while flock(lock.number, LOCK_EX) != 0 {
      guard errno == EINTR else { throw SystemError(code: errno, call: "flock") }
    }
    var names: [String] = []
    var reader = DirectoryReader(try File.open(directory, flags: O_RDONLY | O_DIRECTORY))
    while try reader.next({
      names.append(String(decoding: $0, as: UTF8.self))
      return true
    }) != nil {}
    let files = names.compactMap(Self.start).sorted()
    var end: Int64 = 0
    if let last = files.last {
      end = last + Int64(clamping: try File.status(at: Self.path(directory, last)).size)
    }
    state = Mutex(State(files: files, end: end, positions: [:]))
    if cutsOff { try cutOff() }
    for name in names where name.hasPrefix(Self.positionPrefix) {
      let destination = String(name.dropFirst(Self.positionPrefix.count))
      if !destinations.contains(destination) { unlink("\(directory)/\(name)") }
    }
    for destination in destinations { try open(destination) }
    removePassed()
  }

  private static let positionPrefix = "position."

  private static func path(_ directory: String, _ start: Int64) -> String {
    let digits = String(start)
    return "\(directory)/\(String(repeating: "0", count: max(0, 19 - digits.count)))\(digits).records"
  }

  private static func start(_ name: String) -> Int64? {
    guard name.hasSuffix(".records") else { return nil }
    return Int64(name.dropLast(8)).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Removes what is behind the last newline.
  private func cutOff() throws(SystemError) {
    var (files, end) = state.withLock { ($0.files, $0.end) }
    while let last = files.last {
      let path = Self.path(directory, last)
      let file = try File.open(path, flags: O_RDWR)
      let size = end - last
      let piece = min(size, Int64(Self.recordLimit))
      let bytes = try Self.read(file.number, at: size - piece, Int(piece))
      if let newline = bytes.lastIndex(of: 0x0A) {
        end = last + size - piece + Int64(newline) + 1
        try File.truncate(file.number, to: end - last)
        break
      }
      // Nothing in it but a beginning.
      end = last
      unlink(path)
      files.removeLast()
    }
    state.withLock { ($0.files, $0.end) = (files, end) }
  }

  // MARK: - Positions

  private func open(_ destination: String) throws(SystemError) {
    let path = "\(directory)/\(Self.positionPrefix)\(destination)"
    let (first, end) = state.withLock { ($0.files.first ?? $0.end, $0.end) }
    var position = end
    do throws(SystemError) {
      let file = try File.open(path, flags: O_RDONLY)
      let text = String(decoding: try Self.read(file.number, at: 0, 32), as: UTF8.self)
      // One that cannot be read begins with what there is: rather twice than never.
      let known = Int64(text.prefix { $0 != "\n" }) ?? first
      position = min(max(known, first), end)
    } catch {
      if error.code != ENOENT { throw error }
    }
    state.withLock { $0.positions[destination] = position }
    try save(destination, position)
  }

  private func save(_ destination: String, _ position: Int64) throws(SystemError) {
    let digits = String(position)
    let text = Array((String(repeating: "0", count: max(0, 19 - digits.count)) + digits + "\n").utf8)
    let file = try File.open(
      "\(directory)/\(Self.positionPrefix)\(destination)", flags: O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
    try text.withUnsafeBufferPointer { (bytes) throws(SystemError) in
      try File.write(file.number, UnsafeRawBufferPointer(bytes), at: 0)
    }
  }

  /// A destination has taken so many bytes.
  func advance(_ destination: String, by count: Int) {
    let position = state.withLock { state in
      let position = (state.positions[destination] ?? 0) + Int64(count)
      state.positions[destination] = position
      return position
    }
    do throws(SystemError) {
      try save(destination, position)
    } catch {
      complain("\(directory) cannot be written, so records may be delivered twice: \(error)")
    }
    removePassed()
  }

  private func removePassed() {
    let passed = state.withLock { state in
      let position = state.positions.values.min() ?? state.end
      var passed: [Int64] = []
      while state.files.count > 1, state.files[1] <= position { passed.append(state.files.removeFirst()) }
      return passed
    }
    for start in passed { unlink(Self.path(directory, start)) }
  }

  // MARK: - Reading

  /// The next record of a destination; nil if none is whole yet.
  func next(_ destination: String) throws(SystemError) -> [UInt8]? {
    let (files, end, position) = state.withLock { ($0.files, $0.end, $0.positions[destination] ?? $0.end) }
    var record: [UInt8] = []
    var place = position
    while place < end, record.count < Self.recordLimit {
      guard let index = files.lastIndex(where: { $0 <= place }) else { return nil }
      let fileEnd = index + 1 < files.count ? files[index + 1] : end
      let file = try File.open(Self.path(directory, files[index]), flags: O_RDONLY)
      let piece = try Self.read(file.number, at: place - files[index], Int(min(fileEnd - place, 16_384)))
      if piece.isEmpty { return nil }
      if let newline = piece.firstIndex(of: 0x0A) { return record + piece[...newline] }
      record += piece
      place += Int64(piece.count)
    }
    return record.count >= Self.recordLimit ? record : nil
  }

  private static func read(_ file: Int32, at offset: Int64, _ count: Int) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
      try File.read(file, into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
    return Array(bytes[..<got])
  }

  // MARK: - Writing

  /// Whether no more may wait.
  var isFull: Bool { state.withLock { $0.end - ($0.positions.values.min() ?? $0.end) >= limit } }

  /// The file that is written to, and where in it the stream ends; a new one if the last is large enough.
  func place() throws(SystemError) -> (file: Int32, offset: Int64, room: Int64) {
    try state.withLock { (state) throws(SystemError) in
      if let last = state.files.last, state.end - last < fileSize {
        if state.current < 0 {
          state.current = try File.open(Self.path(directory, last), flags: O_RDWR).release()
        }
        return (state.current, state.end - last, fileSize - (state.end - last))
      }
      let new = try File.open(
        Self.path(directory, state.end), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      if state.current >= 0 { _ = Descriptor(owning: state.current) }
      state.current = new.release()
      state.files.append(state.end)
      return (state.current, 0, fileSize)
    }
  }

  /// So many bytes were added at the end.
  func grew(by count: Int) { state.withLock { $0.end += Int64(count) } }

  /// Whether the stream ends with a whole record.
  func endsWithRecord() throws(SystemError) -> Bool {
    let (files, end) = state.withLock { ($0.files, $0.end) }
    guard let last = files.last(where: { $0 < end }) else { return true }
    let file = try File.open(Self.path(directory, last), flags: O_RDONLY)
    return try Self.read(file.number, at: end - last - 1, 1) == [0x0A]
  }

  /// Has what was added reach the disk.
  func sync() {
    let current = state.withLock { $0.current }
    if current >= 0 { fdatasync(current) }
  }
}
