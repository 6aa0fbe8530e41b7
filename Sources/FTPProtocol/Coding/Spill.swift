// A little room for what finds none in the caller's buffer.

/// Bytes that are out of a codec but not yet in the caller's hands: with it the codecs may write what belongs together in one go and
/// the caller's buffer may be of any size.
struct Spill: Sendable {
  /// The room a codec is given at least. A restart marker with its header is the longest thing that is written in one go.
  static let room = 160

  private var bytes: [UInt8] = []
  private var start = 0
  private var end = 0

  var isEmpty: Bool { start == end }

  /// Moves what is here into `output`.
  ///
  /// - Returns: the number of bytes moved.
  mutating func drain(into output: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(end &- start, output.count)
    guard count > 0, let target = output.baseAddress else { return 0 }
    bytes.withUnsafeBytes { bytes in
      guard let source = bytes.baseAddress else { return }
      target.copyMemory(from: source + start, byteCount: count)
    }
    start &+= count
    return count
  }

  /// The room, to be written to from its beginning and given back to ``put(_:count:)``; what was here must have been drained.
  mutating func take() -> [UInt8] {
    var room: [UInt8] = []
    swap(&room, &bytes)
    if room.isEmpty { room = [UInt8](repeating: 0, count: Self.room) }
    return room
  }

  mutating func put(_ room: inout [UInt8], count: Int) {
    swap(&room, &bytes)
    (start, end) = (0, count)
  }
}
