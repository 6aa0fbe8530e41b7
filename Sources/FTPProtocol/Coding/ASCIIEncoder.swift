// Type A, outward: the file's LF becomes CR LF on the data connection.

/// Turns text as the host keeps it into text as the wire wants it (RFC 959 §3.1.1.1): LF becomes CR LF.
///
/// An LF that already has a CR before it is left as it is: a file that was written elsewhere with CR LF does not gain a second
/// CR. A state machine over the caller's buffers: it holds one bit and allocates nothing.
public struct ASCIIEncoder: Sendable {
  /// Whether the last byte of the file so far was a CR.
  private(set) var endedInCR: Bool

  public init() { self.init(endedInCR: false) }

  init(endedInCR: Bool) { self.endedInCR = endedInCR }

  /// Encodes as much of `input` as has room in `output`.
  ///
  /// - Parameter output: at least two bytes, or an LF may find no room and nothing be consumed; twice the input always suffices.
  /// - Returns: the bytes read from the front of `input` and those written to the front of `output`.
  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int) {
    guard let source = input.baseAddress, let target = output.baseAddress else { return (0, 0) }
    var (consumed, produced) = (0, 0)
    while consumed < input.count, produced < output.count {
      let room = min(input.count &- consumed, output.count &- produced)
      let run = ByteScan.copy(from: source + consumed, to: target + produced, count: room, upTo: 0x0A)
      if run > 0 {
        consumed &+= run
        produced &+= run
        endedInCR = source.load(fromByteOffset: consumed &- 1, as: UInt8.self) == 0x0D
      }
      // Without an LF in sight the input or the room is used up.
      guard run < room else { continue }
      if !endedInCR {
        guard output.count &- produced >= 2 else { break }
        target.storeBytes(of: 0x0D, toByteOffset: produced, as: UInt8.self)
        produced &+= 1
      }
      target.storeBytes(of: 0x0A, toByteOffset: produced, as: UInt8.self)
      produced &+= 1
      consumed &+= 1
      endedInCR = false
    }
    return (consumed, produced)
  }
}
