// Outward: the bytes of a file become the bytes of a data connection.

/// Encodes one file for the data connection, in any type, structure and mode (RFC 959 §3).
///
/// Two halves: `ContentEncoder` knows type and structure, the framing of FileEncoder+Framing.swift knows the mode. Where the
/// framing may look at every byte (records in mode S, mode C) the content passes through a scratch buffer of 16 KiB; else it is
/// written straight to its place in the output. All memory is allocated before the second call.
public struct FileEncoder: TransferCodec {
  /// How the content travels.
  enum Framing: Sendable {
    /// As it is: mode S, structures F and P.
    case plain
    /// With escapes: mode S, structure R (RFC 959 §3.4.1).
    case escaped
    case blocks
    case strings(filler: UInt8)

    /// Whether the end of the file is told, and markers are.
    var hasDescriptors: Bool {
      switch self {
      case .plain, .escaped: false
      case .blocks, .strings: true
      }
    }
  }

  private enum Ending { case none, toldEnd }

  let framing: Framing
  var content: ContentEncoder
  var scratch: Scratch
  /// Where in the file the next marker goes, at the earliest.
  var nextMarker: UInt64
  private let markerInterval: UInt64
  private var spill = Spill()
  private var ending = Ending.none

  /// - Parameters:
  ///   - markerInterval: in modes B and C a restart marker is sent after about so many bytes of the file, in structures R and P where
  ///     a record or page ends; nil for none.
  ///   - restart: where in the file the first byte of input stands.
  public init(_ format: TransferFormat, markerInterval: UInt64?, from restart: RestartPoint) {
    content = ContentEncoder(format, from: restart)
    switch (format.mode, format.structure) {
    case (.stream, .record), (.deflate, .record): framing = .escaped
    case (.stream, _), (.deflate, _): framing = .plain
    case (.block, _): framing = .blocks
    case (.compressed, _): framing = .strings(filler: Compressor.filler(format))
    }
    switch framing {
    case .plain, .blocks: scratch = Scratch(size: 0)
    case .escaped, .strings: scratch = Scratch(size: 16 * 1024)
    }
    self.markerInterval = framing.hasDescriptors ? markerInterval ?? 0 : 0
    nextMarker = .max
    planMarker()
  }

  public var restartPoint: RestartPoint { content.restartPoint }

  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    if output.count >= Spill.room, spill.isEmpty { return try frame(input, into: output) }
    var consumed = 0
    if spill.isEmpty {
      var room = spill.take()
      var step = CodingStep(consumed: 0, produced: 0)
      defer { spill.put(&room, count: step.produced) }
      step = try room.withUnsafeMutableBufferPointer { (room) throws(CodingError) in
        try frame(input, into: UnsafeMutableRawBufferPointer(room))
      }
      consumed = step.consumed
    }
    return CodingStep(consumed: consumed, produced: spill.drain(into: output))
  }

  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    if output.count >= Spill.room, spill.isEmpty { return try end(into: output) }
    var isDone = false
    if spill.isEmpty {
      var room = spill.take()
      var count = 0
      defer { spill.put(&room, count: count) }
      (count, isDone) = try room.withUnsafeMutableBufferPointer { (room) throws(CodingError) in
        try end(into: UnsafeMutableRawBufferPointer(room))
      }
    }
    let produced = spill.drain(into: output)
    return (produced, isDone && spill.isEmpty)
  }

  /// Brings out the rest and tells the end of the file. Once all is told a further call has nothing to add.
  private mutating func end(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    if case .toldEnd = ending { return (0, true) }
    var produced = drainScratch(into: output)
    guard scratch.isEmpty, output.count &- produced >= 4, let target = output.baseAddress else {
      return (produced, false)
    }
    try content.finish()
    ending = .toldEnd
    switch framing {
    case .plain: break
    case .escaped:
      target.storeBytes(of: 0xFF, toByteOffset: produced, as: UInt8.self)
      target.storeBytes(of: 0x02, toByteOffset: produced &+ 1, as: UInt8.self)
      produced &+= 2
    case .blocks:
      produced &+= BlockDescriptor.writeHeader(BlockDescriptor.endOfFile, count: 0, to: target + produced)
    case .strings:
      // The escape is about the string behind it: an empty run.
      produced &+= Compressor.escape(BlockDescriptor.endOfFile, to: target + produced)
      target.storeBytes(of: 0xC0, toByteOffset: produced, as: UInt8.self)
      produced &+= 1
    }
    return (produced, true)
  }

  /// Sets the place of the next marker, one interval from here.
  mutating func planMarker() {
    guard markerInterval > 0 else { return }
    let (next, isOver) = content.fileOffset.addingReportingOverflow(markerInterval)
    nextMarker = isOver ? .max : next
  }
}

/// Content on its way from type and structure to the mode, at most one record of it.
struct Scratch: Sendable {
  private var bytes: [UInt8]
  private var start = 0
  private var end = 0
  /// Whether a record ends behind these bytes.
  private(set) var endsRecord = false

  init(size: Int) { bytes = [UInt8](repeating: 0, count: size) }

  var isEmpty: Bool { start == end && !endsRecord }

  /// The memory, to be filled from its beginning and given back to ``put(_:count:endsRecord:)``.
  mutating func take() -> [UInt8] {
    var memory: [UInt8] = []
    swap(&memory, &bytes)
    return memory
  }

  mutating func put(_ memory: inout [UInt8], count: Int, endsRecord: Bool) {
    swap(&memory, &bytes)
    (start, end) = (0, count)
    self.endsRecord = endsRecord
  }

  /// Hands the bytes to `write`, which says how many it took and whether that was all, the record's end with it.
  mutating func drain(
    _ write: (UnsafeRawBufferPointer, Bool) -> (consumed: Int, produced: Int, isDone: Bool)
  ) -> Int {
    let range = start..<end
    let step = bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[range]), endsRecord) }
    start &+= step.consumed
    if step.isDone { (start, end, endsRecord) = (0, 0, false) }
    return step.produced
  }
}
