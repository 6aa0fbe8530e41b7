// Inward: the bytes of a data connection become the bytes of a file.

/// Decodes one file from the data connection, in any type, structure and mode (RFC 959 §3).
///
/// Two halves: `Deframer` knows the mode, `ContentDecoder` type and structure. Bytes go from the input straight to the output,
/// but for prefixed records, which are gathered. All memory is allocated before the second call.
public struct FileDecoder: TransferCodec {
  /// What has to be brought out before the next byte is looked at.
  private enum Task: Sendable {
    case none
    case run(UInt8, left: Int)
    case endOfRecord
    case marker([UInt8])
    case endOfFile
  }

  private var deframer: Deframer
  private var content: ContentDecoder
  private var task = Task.none
  private var isOver = false
  /// The bytes of the data connection before the next one.
  private var wireOffset: UInt64 = 0
  private var spill = Spill()
  /// What is to be told when the spill is out.
  private var spilledEvent: CodingEvent?
  /// Whether the byte read last was not yet called consumed; see ``transform(_:into:)``.
  private var owesByte = false

  /// - Parameter restart: where in the file the first byte of output will stand.
  public init(_ format: TransferFormat, from restart: RestartPoint) {
    deframer = Deframer(format)
    content = ContentDecoder(format, from: restart)
  }

  public var restartPoint: RestartPoint { content.restartPoint }

  /// Converts as much of `input` as has room in `output`, up to an event.
  ///
  /// As long as there is something to produce or to tell, one byte at least is not called consumed: whoever has seen all of the
  /// input consumed may wait for more. After ``CodingEvent/endOfFile`` nothing is consumed: what follows is not this file's.
  public mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    // What is to come is told together with the byte that is owed, which is the first of the input.
    if owesByte, input.isEmpty { return CodingStep(consumed: 0, produced: 0) }
    let owed = owesByte ? 1 : 0
    let step = try read(UnsafeRawBufferPointer(rebasing: input[owed...]), into: output)
    let consumed = owed &+ step.consumed
    owesByte = isPending && consumed > 0
    return CodingStep(consumed: owesByte ? consumed &- 1 : consumed, produced: step.produced, event: step.event)
  }

  /// Whether there is something to produce or to tell without any more input.
  private var isPending: Bool {
    guard spill.isEmpty, spilledEvent == nil, case .none = task else { return true }
    return deframer.isPending
  }

  private mutating func read(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    if spill.isEmpty, spilledEvent == nil, output.count >= Spill.room { return try advance(input, into: output) }
    var consumed = 0
    if spill.isEmpty, spilledEvent == nil {
      var room = spill.take()
      var step = CodingStep(consumed: 0, produced: 0)
      defer { spill.put(&room, count: step.produced) }
      step = try room.withUnsafeMutableBufferPointer { (room) throws(CodingError) in
        try advance(input, into: UnsafeMutableRawBufferPointer(room))
      }
      consumed = step.consumed
      spilledEvent = step.event
    }
    let produced = spill.drain(into: output)
    guard spill.isEmpty, let event = spilledEvent else { return CodingStep(consumed: consumed, produced: produced) }
    spilledEvent = nil
    return CodingStep(consumed: consumed, produced: produced, event: event)
  }

  /// Ends the file where its end is the end of the connection.
  ///
  /// - Throws: ``CodingError/endedEarly(at:)`` if the end of file had to be told and was not.
  public mutating func finish(
    into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    let drained = spill.drain(into: output)
    guard spill.isEmpty else { return (drained, false) }
    if isOver { return (drained, true) }
    if case .none = task {} else { throw .endedEarly(at: wireOffset) }
    guard deframer.mayEnd else { throw .endedEarly(at: wireOffset) }
    let rest = UnsafeMutableRawBufferPointer(rebasing: output[drained...])
    let step: (produced: Int, isDone: Bool)
    do {
      step = try content.endFile(into: rest, at: wireOffset)
    } catch {
      // In structure P the last page tells the end of the file, and it did not come.
      throw .endedEarly(at: wireOffset)
    }
    isOver = step.isDone
    return (drained &+ step.produced, step.isDone)
  }

  /// Decodes as much as there is and has room, of which ``Spill/room`` bytes are needed.
  private mutating func advance(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(CodingError) -> CodingStep {
    var (cursor, produced) = (0, 0)
    var event: CodingEvent?
    if isOver { return CodingStep(consumed: 0, produced: 0, event: .endOfFile) }
    while event == nil {
      let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
      if case .none = task {
        if content.isComplete, deframer.isPlain {
          task = .endOfFile
          continue
        }
        switch try deframer.next(input, at: &cursor, offset: wireOffset) {
        case .nothing:
          wireOffset &+= UInt64(cursor)
          return CodingStep(consumed: cursor, produced: produced)
        case .content(let count):
          let piece = UnsafeRawBufferPointer(rebasing: input[cursor..<(cursor &+ count)])
          let step = try content.transform(piece, into: room, at: wireOffset &+ UInt64(cursor))
          cursor &+= step.consumed
          produced &+= step.produced
          deframer.take(step.consumed)
          if step == (0, 0) { return pause(cursor, produced) }
        case .run(let byte, let count): task = .run(byte, left: count)
        case .endOfRecord: task = .endOfRecord
        case .marker(let text): task = .marker(text)
        case .endOfFile: task = .endOfFile
        case .suspectData: event = .suspectData
        }
      } else {
        let (count, isDone) = try carryOut(into: room, &event, at: wireOffset &+ UInt64(cursor))
        produced &+= count
        if !isDone { return pause(cursor, produced) }
      }
    }
    wireOffset &+= UInt64(cursor)
    return CodingStep(consumed: cursor, produced: produced, event: event)
  }

  /// Ends a step for want of room.
  private mutating func pause(_ consumed: Int, _ produced: Int) -> CodingStep {
    wireOffset &+= UInt64(consumed)
    return CodingStep(consumed: consumed, produced: produced)
  }

  /// Does what is to be done before the next byte; to be called until done.
  private mutating func carryOut(
    into room: UnsafeMutableRawBufferPointer, _ event: inout CodingEvent?, at offset: UInt64
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    let step: (produced: Int, isDone: Bool)
    switch task {
    case .none: return (0, true)
    case .run(let byte, let left): return try repeated(byte, left, into: room, at: offset)
    case .endOfRecord: step = content.endRecord(into: room)
    case .marker(let text):
      step = try content.settle(into: room, at: offset)
      if step.isDone { event = .marker(text) }
    case .endOfFile:
      step = try content.endFile(into: room, at: offset)
      if step.isDone { event = .endOfFile }
      isOver = step.isDone
    }
    if step.isDone { task = .none }
    return step
  }

  /// Converts a run, in pieces of eight bytes.
  private mutating func repeated(
    _ byte: UInt8, _ left: Int, into room: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(CodingError) -> (produced: Int, isDone: Bool) {
    var word = ByteScan.repeated(byte)
    var (left, produced) = (left, 0)
    while left > 0 {
      let rest = UnsafeMutableRawBufferPointer(rebasing: room[produced...])
      let piece = min(left, 8)
      let step = try withUnsafeMutablePointer(to: &word) {
        (word) throws(CodingError) -> (consumed: Int, produced: Int) in
        try content.transform(UnsafeRawBufferPointer(start: word, count: piece), into: rest, at: offset)
      }
      left &-= step.consumed
      produced &+= step.produced
      if step == (0, 0) {
        task = .run(byte, left: left)
        return (produced, false)
      }
    }
    task = .none
    return (produced, true)
  }
}
