// Inward: the bytes of a data connection become the bytes of a file.

/// Decodes one file from the data connection, in any type, structure and mode (RFC 959 §3).
public struct FileDecoder: TransferCodec {
  private let format: TransferFormat
  private var text = ASCIIDecoder()
  private var position: RestartPoint

  /// - Parameter restart: where in the file the first byte of output will stand.
  public init(_ format: TransferFormat, from restart: RestartPoint) {
    self.format = format
    position = restart
  }

  public var restartPoint: RestartPoint { position }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    let step = format.type.isText ? text.transform(input, into: output) : PlainCopy.transform(input, into: output)
    position.fileOffset &+= UInt64(step.produced)
    return CodingStep(consumed: step.consumed, produced: step.produced)
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    let produced = text.finish(into: output)
    position.fileOffset &+= UInt64(produced)
    return (produced, true)
  }
}
