// What the codecs of the data connection have in common: steps over the caller's buffers.

/// Something that stands among the bytes of a data connection without being one of them.
public enum CodingEvent: Sendable, Hashable {
  /// A restart marker of the sender, 1 to 255 printable characters (RFC 959 §3.5). All bytes before it are out.
  case marker([UInt8])
  /// The end of the file. What follows on the connection is the next file's.
  case endOfFile
  /// The sender suspects errors in the bytes that follow (RFC 959 §3.4.2).
  case suspectData
}

/// What one step of a codec did.
public struct CodingStep: Sendable, Hashable {
  /// The bytes read from the front of the input.
  public let consumed: Int
  /// The bytes written to the front of the output.
  public let produced: Int
  /// What stands behind the bytes consumed so far, if the codec stopped at something.
  public let event: CodingEvent?

  public init(consumed: Int, produced: Int, event: CodingEvent? = nil) {
    self.consumed = consumed
    self.produced = produced
    self.event = event
  }
}

/// A conversion of one file's bytes, in pieces of any size: a state machine that allocates nothing from piece to piece.
public protocol TransferCodec: Sendable {
  /// Converts as much of `input` as has room in `output`.
  ///
  /// With input and room left there is progress: bytes are consumed, or produced, or an event is told. Bytes may be consumed before
  /// they are produced; ``finish(into:)`` brings out the last of them.
  ///
  /// - Parameter output: at least one byte; it does not overlap `input`.
  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep

  /// Tells that the input is over; call it until `isDone`.
  ///
  /// - Parameter output: at least one byte.
  /// - Returns: the bytes written to the front of `output`, and whether they were the last.
  /// - Throws: ``CodingError/endedEarly(at:)`` and others if the input cannot be over.
  mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool)

  /// Where the codec stands: one that is made from it goes on as if nothing had happened.
  ///
  /// Valid at the beginning, and right after the event ``CodingEvent/marker(_:)``.
  var restartPoint: RestartPoint { get }
}
