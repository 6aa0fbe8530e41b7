// MODE Z inward: zlib, then the codec of TYPE and STRU, to file bytes.

/// Turns the zlib stream of MODE Z (draft-preston-ftpext-deflate) into a file's bytes.
///
/// However well the input is compressed, a call makes no more bytes than there is room in the caller's buffer: who calls decides, between
/// two calls, whether there is to be more. After the input is used up, call again as long as the buffer is filled to its end.
/// Bytes after the stream's end, and an end before it, are errors.
public struct DeflateDecoder: TransferCodec {
  private var inner: FileDecoder?
  private let stream: DeflateStream
  /// Bytes of the data connection that zlib has taken.
  private var taken: UInt64 = 0
  /// The inner codec has told the end of the file.
  private var hasEnded = false

  /// - Parameters:
  ///   - inner: reads the bytes of mode S; nil where those are the file's own (TYPE I, STRU F).
  ///   - stream: for expanding, fresh or reset, used by nobody else until this decoder is done.
  public init(_ inner: FileDecoder?, over stream: DeflateStream) {
    self.inner = inner
    self.stream = stream
  }

  /// A zlib stream cannot be resumed in the middle, so the only restart point is its beginning.
  public var restartPoint: RestartPoint { inner?.restartPoint ?? RestartPoint() }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    guard inner != nil else {
      let (consumed, produced) = try expanding(input, into: output)
      if stream.isAtEnd, consumed < input.count { throw .bytesAfterEnd(at: taken) }
      return CodingStep(consumed: consumed, produced: produced)
    }
    var (consumed, produced) = (0, 0)
    while produced < output.count {
      if stream.waiting.isEmpty {
        let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
        if stream.isAtEnd, !rest.isEmpty { throw .bytesAfterEnd(at: taken) }
        let step = try expanding(rest, into: stream.middle)
        consumed += step.consumed
        stream.waiting = 0..<step.produced
        if step == (0, 0) { break }
        continue
      }
      guard let step = try decodeWaiting(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...])) else {
        break
      }
      produced += step.produced
      if let event = step.event {
        if event == .endOfFile { hasEnded = true }
        return CodingStep(consumed: consumed, produced: produced, event: event)
      }
      if step.consumed == 0, step.produced == 0 { break }
    }
    return CodingStep(consumed: consumed, produced: produced)
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    if !stream.isAtEnd { throw .endedEarly(at: taken) }
    var produced = 0
    while !stream.waiting.isEmpty {
      guard produced < output.count,
        let step = try decodeWaiting(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
      else { return (produced, false) }
      produced += step.produced
      if step.consumed == 0, step.produced == 0 { return (produced, false) }
    }
    if hasEnded { return (produced, true) }
    guard let last = try inner?.finish(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...])) else {
      return (produced, true)
    }
    return (produced + last.produced, last.isDone)
  }

  /// Hands what zlib has made to the inner codec; nil if there is none.
  private mutating func decodeWaiting(into output: UnsafeMutableRawBufferPointer) throws(CodingError) -> CodingStep? {
    if hasEnded { throw .bytesAfterEnd(at: taken) }
    let waiting = UnsafeRawBufferPointer(rebasing: stream.middle[stream.waiting])
    guard let step = try inner?.transform(waiting, into: output) else { return nil }
    stream.waiting.removeFirst(step.consumed)
    return step
  }

  private mutating func expanding(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (consumed: Int, produced: Int) {
    do throws(DeflateError) {
      let step = try stream.step(input, into: output)
      taken &+= UInt64(step.consumed)
      return step
    } catch { throw .corruptDeflate(at: taken) }
  }
}
