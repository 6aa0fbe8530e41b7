// Type A, inward: CR LF of the data connection becomes the file's LF.

/// Turns text from the wire into text as the host keeps it (RFC 959 §3.1.1.1): CR LF becomes LF; a CR before anything else stays.
///
/// A state machine over the caller's buffers: it holds one bit and allocates nothing. A CR at the end of the input is held back
/// until the next byte or ``finish(into:)`` decides what it was.
public struct ASCIIDecoder: Sendable {
  /// Whether a CR was read and not yet written.
  private(set) var holdsCR: Bool

  public init() { self.init(holdsCR: false) }

  init(holdsCR: Bool) { self.holdsCR = holdsCR }

  /// Decodes as much of `input` as has room in `output`; as many bytes of room as of input (and one for a CR held back)
  /// always suffice.
  ///
  /// - Returns: the bytes read from the front of `input` and those written to the front of `output`.
  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int) {
    guard let source = input.baseAddress, let target = output.baseAddress else { return (0, 0) }
    var (consumed, produced) = (0, 0)
    while consumed < input.count, produced < output.count {
      if holdsCR {
        holdsCR = false
        if source.load(fromByteOffset: consumed, as: UInt8.self) == 0x0A {
          target.storeBytes(of: 0x0A, toByteOffset: produced, as: UInt8.self)
          consumed &+= 1
        } else {
          target.storeBytes(of: 0x0D, toByteOffset: produced, as: UInt8.self)
        }
        produced &+= 1
        continue
      }
      let (read, written) = ASCIIDecoder.copyLines(
        source + consumed, input.count &- consumed, to: target + produced, output.count &- produced)
      consumed &+= read
      produced &+= written
      let room = min(input.count &- consumed, output.count &- produced)
      let run = ByteScan.copy(from: source + consumed, to: target + produced, count: room, upTo: 0x0D)
      consumed &+= run
      produced &+= run
      if run < room {
        holdsCR = true
        consumed &+= 1
      }
    }
    return (consumed, produced)
  }

  /// Converts as long as there are 33 bytes of input and room for 32: what is left is for the loop that looks at every end.
  ///
  /// Blocks are copied whole and looked at afterwards: behind a CR LF the next block overwrites what was copied too much.
  @inline(__always) private static func copyLines(
    _ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer, _ room: Int
  ) -> (consumed: Int, produced: Int) {
    let returns = SIMD32<UInt8>(repeating: 0x0D)
    var (consumed, produced) = (0, 0)
    while count &- consumed > 32, room &- produced >= 32 {
      let block = source.loadUnaligned(fromByteOffset: consumed, as: SIMD32<UInt8>.self)
      target.storeBytes(of: block, toByteOffset: produced, as: SIMD32<UInt8>.self)
      let place = ByteScan.firstSet(block .== returns)
      if place == 32 {
        consumed &+= 32
        produced &+= 32
        continue
      }
      // The byte behind the CR is one of the 33.
      if source.load(fromByteOffset: consumed &+ place &+ 1, as: UInt8.self) == 0x0A {
        target.storeBytes(of: 0x0A, toByteOffset: produced &+ place, as: UInt8.self)
        consumed &+= place &+ 2
      } else {
        consumed &+= place &+ 1
      }
      produced &+= place &+ 1
    }
    return (consumed, produced)
  }

  /// Ends the text: writes a CR that was held back.
  ///
  /// - Parameter output: at least one byte.
  /// - Returns: the bytes written, 0 or 1.
  public mutating func finish(into output: UnsafeMutableRawBufferPointer) -> Int {
    guard holdsCR, let target = output.baseAddress, output.count > 0 else { return 0 }
    holdsCR = false
    target.storeBytes(of: 0x0D, as: UInt8.self)
    return 1
  }
}
