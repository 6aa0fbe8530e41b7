// Takes records from weftpd's pipe into the queue.

import Glibc
import LinuxSystem

/// Moves bytes by splice(2): what is not in the file yet is still in the pipe, wherever this process is killed.
struct Intake {
  private let pipe: Int32
  private let spool: Spool
  private let told: () -> Void
  private var canSplice = true
  private var isDirty = false
  /// Whether the last bytes that were thrown away were the beginning of a record.
  private var isInLostRecord = false
  private var lost = 0
  private var toldOfLoss = MonotonicTime(nanoseconds: 0)

  /// - Parameter told: called when something has come.
  init(_ pipe: Int32, _ spool: Spool, _ told: @escaping () -> Void) {
    self.pipe = pipe
    self.spool = spool
    self.told = told
  }

  /// Goes on until weftpd has closed the pipe.
  consuming func run() {
    var intake = self
    while true {
      if !Poll.wait(intake.pipe, .readable, milliseconds: intake.isDirty ? 1000 : -1) {
        intake.spool.sync()
        intake.isDirty = false
        continue
      }
      do throws(SystemError) {
        if try !intake.takeSome() { break }
      } catch {
        // A full disk: the pipe holds some, and weftpd some more.
        complain("the queue cannot be written: \(error)")
        usleep(1_000_000)
      }
    }
    intake.spool.sync()
  }

  /// False at the end of the pipe.
  private mutating func takeSome() throws(SystemError) -> Bool {
    let isFull = spool.isFull
    if isFull || isInLostRecord { return try loseSome(isFull) }
    let (file, start, room) = try spool.place()
    var count = 0
    if canSplice {
      var offset = start
      do throws(SystemError) {
        count = try File.splice(fromPipe: pipe, toFile: file, offset: &offset, count: Int(min(room, 1 << 20)))
      } catch {
        if error.code == EAGAIN { return true }
        guard error.code == EINVAL else { throw error }
        canSplice = false
        return true
      }
    } else {
      let bytes = try Self.read(pipe, Int(min(room, 65_536)))
      try Self.write(bytes[...], to: file, at: start)
      count = bytes.count
    }
    if count == 0 { return false }
    spool.grew(by: count)
    isDirty = true
    told()
    return true
  }

  /// Completes the record the queue ends with, and throws others away while there is no room.
  private mutating func loseSome(_ isFull: Bool) throws(SystemError) -> Bool {
    var bytes = try Self.read(pipe, 65_536)[...]
    if bytes.isEmpty { return false }
    let endsWithRecord = try spool.endsWithRecord()
    if !isInLostRecord, !endsWithRecord {
      let end = bytes.firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
      try append(bytes[..<end])
      bytes = bytes[end...]
    }
    while !bytes.isEmpty {
      if !isInLostRecord, !isFull {
        // There is room again, and here a record begins.
        try append(bytes)
        break
      }
      if !isInLostRecord { lost += 1 }
      isInLostRecord = true
      guard let newline = bytes.firstIndex(of: 0x0A) else { break }
      isInLostRecord = false
      bytes = bytes[(newline + 1)...]
    }
    let now = MonotonicTime.now
    if lost > 0, now.since(toldOfLoss) > 10_000_000_000 {
      complain("the queue is full (hooks.queue-size); records lost so far: \(lost)")
      toldOfLoss = now
    }
    return true
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let (file, start, room) = try spool.place()
      let piece = rest.prefix(Int(min(room, Int64(rest.count))))
      try Self.write(piece, to: file, at: start)
      spool.grew(by: piece.count)
      rest = rest.dropFirst(piece.count)
    }
    isDirty = true
    told()
  }

  private static func read(_ pipe: Int32, _ count: Int) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
      try File.read(pipe: pipe, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return Array(bytes[..<got])
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to file: Int32, at offset: Int64) throws(SystemError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
      try File.write(file, UnsafeRawBufferPointer(buffer), at: offset)
    }
  }
}
