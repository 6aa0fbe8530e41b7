// Drives the codecs of the data connection through buffers of any size, and says in plain Swift what they should make of bytes.

#if canImport(FTPProtocol)
  @testable import FTPProtocol
#endif

/// How bytes are cut: the sizes of the pieces of input and of the rooms of output, drawn anew for each step.
struct Cutting {
  var random: FixedRandom
  var pieces: ClosedRange<Int>
  var rooms: ClosedRange<Int>

  init(seed: UInt64, pieces: ClosedRange<Int> = 1...40, rooms: ClosedRange<Int> = 1...40) {
    random = FixedRandom(seed: seed)
    self.pieces = pieces
    self.rooms = rooms
  }

  mutating func piece() -> Int { Int.random(in: pieces, using: &random) }
  mutating func room() -> Int { Int.random(in: rooms, using: &random) }
}

/// What a codec made of some bytes.
struct Coded: Equatable {
  /// A marker, and where everything stood when it came.
  struct Mark: Equatable {
    var text: [UInt8]
    /// The bytes consumed and produced up to it.
    var consumed: Int
    var produced: Int
    var point: RestartPoint
  }

  var bytes: [UInt8] = []
  var marks: [Mark] = []
  var suspects = 0
  /// The bytes consumed up to the end of file, if it was told.
  var end: Int?
  var error: CodingError?
  /// What no codec may do: stand still, write behind its room, go on for ever.
  var misbehaviour: String?
}

enum CodingDriver {
  static func encode(
    _ input: [UInt8], _ format: TransferFormat, interval: UInt64? = nil, from restart: RestartPoint = RestartPoint(),
    cut: Cutting = Cutting(seed: 1, pieces: 1...9000, rooms: 256...9000)
  ) -> Coded {
    var encoder = FileEncoder(format, markerInterval: interval, from: restart)
    return run(&encoder, input, cut)
  }

  static func decode(
    _ input: [UInt8], _ format: TransferFormat, from restart: RestartPoint = RestartPoint(),
    cut: Cutting = Cutting(seed: 1, pieces: 1...9000, rooms: 256...9000)
  ) -> Coded {
    var decoder = FileDecoder(format, from: restart)
    return run(&decoder, input, cut)
  }

  private static func run(_ codec: inout some TransferCodec, _ input: [UInt8], _ cut: Cutting) -> Coded {
    var (result, cut, consumed) = (Coded(), cut, 0)
    // A run of 63 bytes from two, a mark of eight bytes, a word for each record: no codec makes more of its input.
    let limit = 64 * input.count + 4096
    var buffer = [UInt8](repeating: 0xEE, count: cut.rooms.upperBound + 8)
    do throws(CodingError) {
      while consumed < input.count, result.end == nil {
        let size = min(cut.piece(), input.count - consumed)
        let room = cut.room()
        for place in room..<(room + 8) { buffer[place] = 0xEE }
        let step = try input.withUnsafeBufferPointer { (input) throws(CodingError) in
          try buffer.withUnsafeMutableBufferPointer { (buffer) throws(CodingError) in
            try codec.transform(
              UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(input)[consumed..<(consumed + size)]),
              into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<room]))
          }
        }
        if step.consumed > size || step.produced > room { result.misbehaviour = "too much: \(step)" }
        if step.consumed == 0, step.produced == 0, step.event == nil { result.misbehaviour = "stood still" }
        if !buffer[room..<(room + 8)].allSatisfy({ $0 == 0xEE }) { result.misbehaviour = "wrote behind its room" }
        if result.misbehaviour != nil { return result }
        consumed += step.consumed
        result.bytes += buffer[..<step.produced]
        switch step.event {
        case nil: break
        case .endOfFile: result.end = consumed
        case .suspectData: result.suspects += 1
        case .marker(let text):
          result.marks.append(
            Coded.Mark(text: text, consumed: consumed, produced: result.bytes.count, point: codec.restartPoint))
        }
        if result.bytes.count > limit { result.misbehaviour = "no end" }
        if result.misbehaviour != nil { return result }
      }
      var isDone = false
      while !isDone {
        let room = cut.room()
        let step = try buffer.withUnsafeMutableBufferPointer { (buffer) throws(CodingError) in
          try codec.finish(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<room]))
        }
        if step.produced == 0, !step.isDone { result.misbehaviour = "did not finish" }
        if result.bytes.count > limit { result.misbehaviour = "no end" }
        if result.misbehaviour != nil { return result }
        result.bytes += buffer[..<step.produced]
        isDone = step.isDone
      }
    } catch {
      result.error = error
    }
    return result
  }
}

extension TransferFormat {
  /// Every combination of type, structure, form of records and mode, but for deflate and the format controls that change nothing.
  static let all: [TransferFormat] = [RepresentationType.ascii(.nonPrint), .ebcdic(.nonPrint), .image].flatMap { type in
    [FileStructure.file, .record, .page].flatMap { structure in
      [TransmissionMode.stream, .block, .compressed].flatMap { mode in
        (structure == .record ? RecordForm.allCases : [.lines]).map { records in
          TransferFormat(type: type, structure: structure, mode: mode, records: records)
        }
      }
    }
  }

  /// In a few letters, for the names of failing cases: `E R B prefixed`.
  var name: String {
    let letters = [type.argument[0], 0x20, structure.rawValue, 0x20, mode.rawValue]
    return text(letters) + (structure == .record ? " \(records)" : "")
  }
}

/// Files that fit a structure.
enum SampleFile {
  /// Bytes among which `rarity` makes line ends, 0xFF and runs common or rare.
  static func bytes(count: Int, _ random: inout FixedRandom) -> [UInt8] {
    let rarity = Int.random(in: 1...30, using: &random)
    var out: [UInt8] = []
    while out.count < count {
      switch Int.random(in: 0...rarity, using: &random) {
      case 0: out.append([0x0A, 0x0D, 0xFF, 0x00, 0x15, 0x85][Int.random(in: 0...5, using: &random)])
      case 1:
        let byte = [0x20, 0x00, 0x0A, 0xFF, UInt8.random(in: 0...255, using: &random)][
          Int.random(in: 0...4, using: &random)]
        out += [UInt8](repeating: byte, count: Int.random(in: 1...150, using: &random))
      default: out.append(UInt8.random(in: 0...255, using: &random))
      }
    }
    return Array(out.prefix(count))
  }

  /// A file of prefixed records, some empty, some longer than one word can announce.
  static func prefixed(records: Int, _ random: inout FixedRandom) -> [UInt8] {
    (0..<records).flatMap { _ -> [UInt8] in
      let isLong = Int.random(in: 0...80, using: &random) == 0
      return prefixed(
        bytes(
          count: isLong ? Int.random(in: 32_700...40_000, using: &random) : Int.random(in: 0...90, using: &random),
          &random))
    }
  }

  /// One record behind its word, or its words.
  static func prefixed(_ record: [UInt8]) -> [UInt8] {
    let parts = stride(from: 0, to: max(1, record.count), by: 32_752).map { Array(record[$0...].prefix(32_752)) }
    return parts.enumerated().flatMap { index, part -> [UInt8] in
      let flags: UInt8
      switch (index == 0, index == parts.count - 1) {
      case (true, true): flags = 0
      case (true, false): flags = 1
      case (false, true): flags = 2
      case (false, false): flags = 3
      }
      return [UInt8((part.count + 4) >> 8), UInt8((part.count + 4) & 0xFF), flags, 0] + part
    }
  }

  /// A stored file of pages of every type.
  static func pages(count: Int, _ random: inout FixedRandom) -> [UInt8] {
    var indices = Array(UInt8.min...UInt8.max).shuffled(using: &random)
    var out: [UInt8] = [0x89, 0x57, 0x50, 0x41, 0x47, 0x45, 0x53, 0x0A]
    for _ in 0..<count {
      let type = UInt8.random(in: 1...3, using: &random)
      let data = bytes(count: Int.random(in: 0...255, using: &random), &random)
      let fields: [UInt8]
      switch type {
      case 1: fields = []
      case 2: fields = bytes(count: Int.random(in: 0...251, using: &random), &random)
      default: fields = bytes(count: 1, &random)
      }
      out += [UInt8(4 + fields.count), type == 2 ? 0 : indices.removeLast(), UInt8(data.count), type] + fields + data
    }
    return out + [4, 7, 0, 0]
  }

  /// A file that `format` can carry, and what comes back of it.
  static func any(for format: TransferFormat, size: Int, _ random: inout FixedRandom) -> (file: [UInt8], back: [UInt8])
  {
    let file: [UInt8]
    switch (format.structure, format.records) {
    case (.record, .prefixed): file = prefixed(records: size / 40, &random)
    case (.page, _): file = pages(count: min(250, size / 150), &random)
    default: file = bytes(count: size, &random)
    }
    // Type A is the one that does not give back what it got: a file with CR LF comes back with LF.
    let isText = format.structure == .file && format.type == .ascii(.nonPrint)
    return (file, isText ? PlainASCII.decoded(file) : file)
  }
}
