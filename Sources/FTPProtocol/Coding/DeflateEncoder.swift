// MODE Z outward: file bytes through the codec of TYPE and STRU, then through zlib.

/// Turns a file's bytes into the zlib stream of MODE Z (draft-preston-ftpext-deflate): what mode S would send, compressed.
///
/// A state machine over the caller's buffers. The zlib state is lent to it; it allocates nothing itself.
public struct DeflateEncoder: TransferCodec {
  private var inner: FileEncoder?
  private let stream: DeflateStream
  private var isInnerDone = false

  /// - Parameters:
  ///   - inner: produces the bytes of mode S; nil if these are the file's own bytes (TYPE I, STRU F).
  ///   - stream: a new or reset stream for compressing; nothing else may use it until this encoder is done.
  public init(_ inner: FileEncoder?, over stream: DeflateStream) {
    self.inner = inner
    self.stream = stream
  }

  /// A zlib stream cannot be resumed in the middle, so the only restart point is its beginning.
  public var restartPoint: RestartPoint { inner?.restartPoint ?? RestartPoint() }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    guard inner != nil else {
      let (consumed, produced) = try compressing(input, into: output)
      return CodingStep(consumed: consumed, produced: produced)
    }
    var (consumed, produced) = (0, 0)
    while produced < output.count {
      if stream.waiting.isEmpty {
        let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
        guard !rest.isEmpty, let step = try inner?.transform(rest, into: stream.middle) else { break }
        consumed += step.consumed
        stream.waiting = 0..<step.produced
        if step.consumed == 0, step.produced == 0 { break }
      }
      produced += try compressWaiting(into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
    }
    return CodingStep(consumed: consumed, produced: produced)
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    var produced = 0
    while produced < output.count, !stream.isAtEnd {
      let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
      if !stream.waiting.isEmpty {
        produced += try compressWaiting(into: room)
      } else if !isInnerDone, let last = try inner?.finish(into: stream.middle) {
        stream.waiting = 0..<last.produced
        isInnerDone = last.isDone
      } else {
        produced += try compressing(UnsafeRawBufferPointer(start: nil, count: 0), into: room, finishing: true).produced
      }
    }
    return (produced, stream.isAtEnd)
  }

  /// Compresses what the inner codec has made.
  private func compressWaiting(into output: UnsafeMutableRawBufferPointer) throws(CodingError) -> Int {
    let waiting = UnsafeRawBufferPointer(rebasing: stream.middle[stream.waiting])
    let (consumed, produced) = try compressing(waiting, into: output)
    stream.waiting.removeFirst(consumed)
    return produced
  }

  private func compressing(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, finishing: Bool = false
  ) throws(CodingError) -> (consumed: Int, produced: Int) {
    // Compressing has no other way to fail than for want of memory, all of which was had when the stream was made.
    do { return try stream.step(input, into: output, finishing: finishing) } catch { throw .corruptDeflate(at: 0) }
  }
}
