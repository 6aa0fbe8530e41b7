// The codec between a file and the data connection, put together from TYPE, STRU and MODE.

import FTPProtocol

/// The codec of TYPE, STRU and MODE S, B or C, or in MODE Z the one that has zlib behind it.
///
/// Of the two one is there. It is a struct of its own so that no call goes through a table of witnesses.
public struct WireCodec<File: TransferCodec, Deflated: TransferCodec>: TransferCodec {
  private var file: File?
  private var deflated: Deflated?

  public var restartPoint: RestartPoint { file?.restartPoint ?? deflated?.restartPoint ?? RestartPoint() }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    if let step = try file?.transform(input, into: output) { return step }
    return try deflated?.transform(input, into: output) ?? CodingStep(consumed: 0, produced: 0)
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    if let last = try file?.finish(into: output) { return last }
    return try deflated?.finish(into: output) ?? (0, true)
  }
}

/// File bytes to wire bytes.
public typealias WireEncoder = WireCodec<FileEncoder, DeflateEncoder>

extension WireEncoder {
  /// - Parameters:
  ///   - stream: zlib's state, for MODE Z only.
  ///   - markerInterval: file bytes between two restart markers, for modes B and C; nil: none.
  public init(
    _ format: TransferFormat, over stream: DeflateStream?, markerInterval: UInt64? = nil, from restart: RestartPoint
  ) {
    if let stream {
      let inner = format.inModeS
      deflated = DeflateEncoder(
        inner.isStraight ? nil : FileEncoder(inner, markerInterval: nil, from: restart), over: stream)
    } else {
      file = FileEncoder(format, markerInterval: markerInterval, from: restart)
    }
  }
}

/// Wire bytes to file bytes: the opposite of ``WireEncoder``.
public typealias WireDecoder = WireCodec<FileDecoder, DeflateDecoder>

extension WireDecoder {
  /// - Parameter stream: zlib's state, for MODE Z only.
  public init(_ format: TransferFormat, over stream: DeflateStream?, from restart: RestartPoint) {
    if let stream {
      let inner = format.inModeS
      deflated = DeflateDecoder(inner.isStraight ? nil : FileDecoder(inner, from: restart), over: stream)
    } else {
      file = FileDecoder(format, from: restart)
    }
  }
}

extension TransferFormat {
  /// The same in stream mode: what MODE Z compresses.
  public var inModeS: TransferFormat {
    var format = self
    format.mode = .stream
    return format
  }

  /// Whether the mode tells the end of a file in band, so that the data connection may stay open (RFC 959, section 3.4).
  ///
  /// STRU R in stream mode tells it as well, but clients of that wait for the close.
  public var endsInBand: Bool { mode == .block || mode == .compressed }

  /// Whether a file's bytes are its offsets: then REST takes a number, and what has arrived of a broken upload is worth something.
  public var countsBytes: Bool { type == .image && structure == .file }

  /// Whether an upload goes into its target as it comes. In the others a conversion can fail, or a part of the file may be no file
  /// at all, so they go to a temporary name first.
  public var writesInPlace: Bool { mode == .stream && structure == .file }
}
