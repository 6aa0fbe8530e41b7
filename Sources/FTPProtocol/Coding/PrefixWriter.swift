// Records gathered behind their record descriptor words, which tell lengths that are known only at a record's end.

/// Gathers one record, or as much of it as one word can announce, and writes it out behind its word.
///
/// Allocates its buffer of 32,756 bytes once. A longer record is written in parts; none of its bytes is lost.
struct PrefixWriter: Sendable {
  /// What ends.
  enum End {
    case record
    /// Nothing, but nothing shall be held back.
    case part
    /// The file, and with it a record that has begun.
    case file
  }

  /// The word and the data behind it.
  private var buffer = [UInt8](repeating: 0, count: RecordPrefix.lengthLimit)
  private var count = 0
  private var drained = 0
  private(set) var isDraining = false
  /// Whether some parts of this record are written and its last is not.
  private(set) var isSegmented: Bool

  init(isSegmented: Bool) { self.isSegmented = isSegmented }

  /// Gathers bytes, and writes a part when it is full and more is to come.
  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, map: CharacterMap
  ) -> (consumed: Int, produced: Int) {
    var (consumed, produced) = (0, 0)
    while consumed < input.count {
      if count == RecordPrefix.dataLimit {
        if !isDraining { begin(isSegmented ? .middle : .first) }
        produced &+= drain(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
        if isDraining { break }
      }
      let start = RecordPrefix.size &+ count
      let piece = UnsafeRawBufferPointer(rebasing: input[consumed...])
      let copied = buffer.withUnsafeMutableBytes { buffer in
        map.copy(piece, to: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
      }
      count &+= copied
      consumed &+= copied
    }
    return (consumed, produced)
  }

  /// Writes what is gathered, which ends where `end` says; to be called until nothing is draining any more.
  mutating func write(into output: UnsafeMutableRawBufferPointer, ending end: End) -> Int {
    if !isDraining {
      switch end {
      case .record: begin(isSegmented ? .last : .whole)
      case .part: if count > 0 { begin(isSegmented ? .middle : .first) }
      case .file: if count > 0 || isSegmented { begin(isSegmented ? .last : .whole) }
      }
    }
    return drain(into: output)
  }

  private mutating func begin(_ part: RecordPrefix.Part) {
    let word = RecordPrefix(part: part, count: count).word.bigEndian
    buffer.withUnsafeMutableBytes { $0.storeBytes(of: word, as: UInt32.self) }
    isSegmented = part == .first || part == .middle
    (isDraining, drained) = (true, 0)
  }

  /// Writes what has room; then, if that was all, the next part can be gathered.
  mutating func drain(into output: UnsafeMutableRawBufferPointer) -> Int {
    guard isDraining else { return 0 }
    let piece = min(RecordPrefix.size &+ count &- drained, output.count)
    guard let target = output.baseAddress else { return 0 }
    buffer.withUnsafeBytes { buffer in
      guard let source = buffer.baseAddress else { return }
      target.copyMemory(from: source + drained, byteCount: piece)
    }
    drained &+= piece
    if drained == RecordPrefix.size &+ count { (isDraining, count) = (false, 0) }
    return piece
  }
}
