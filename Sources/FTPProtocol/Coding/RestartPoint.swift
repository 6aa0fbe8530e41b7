// Where a transfer can go on, and the text of a restart marker that says it.

/// A place in a file between two bytes, with what a codec has to know to go on from there (RFC 959 §3.5).
///
/// ``text`` makes a restart marker of it: the file offset, a mark for what was transferred how, what the codec had seen, and a
/// checksum, e.g. `1048576-AF-c-9c1d`. It is printable and without blanks, as a marker has to be.
public struct RestartPoint: Sendable, Hashable {
  /// The bytes of the file before this place.
  public var fileOffset: UInt64
  /// What was transferred how; nil if that was not told.
  var shape: Shape?
  /// Type A: the last byte was a CR. The encoder has passed it on, the decoder holds it back.
  var endsInCR = false
  /// Prefixed records: the record so far stands in the file as segments.
  var isInSegmentedRecord = false
  /// Structure P: the bytes of the page that are still to come.
  var pageBytesLeft: UInt8 = 0
  /// Structure P: the last page is there.
  var hasLastPage = false
  /// Structure P: the pages that are there.
  var pages = PageSet()

  /// A place between two bytes of a file, without anything else known: what REST's number means in mode S.
  public init(fileOffset: UInt64 = 0) {
    self.fileOffset = fileOffset
  }

  /// Whether a transfer in `format` can go on from here: type, structure and form of records are what they were.
  public func fits(_ format: TransferFormat) -> Bool { shape == nil || shape == Shape(format) }

  /// The marker's text, at most 110 bytes.
  public var text: [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(Self.textLimit)
    text.append(decimal: fileOffset)
    if let shape { text += [0x2D] + shape.letters }
    var state: [UInt8] = []
    if endsInCR { state.append(0x63) }
    if isInSegmentedRecord { state.append(0x73) }
    if hasLastPage { state.append(0x6C) }
    if pageBytesLeft > 0 {
      state.append(0x70)
      state.append(decimal: UInt64(pageBytesLeft))
    }
    if !state.isEmpty { text += [0x2D] + state }
    if pages != PageSet() { text += [0x2D, 0x78] + pages.hexadecimal }
    let sum = Self.checksum(text)
    text.append(0x2D)
    for shift in [12, 8, 4, 0] as [UInt16] { text.append(PageSet.digit(UInt64(sum >> shift))) }
    return text
  }

  static let textLimit = 110

  /// Reads what ``text`` wrote and nothing else.
  ///
  /// - Returns: nil for any other bytes, whoever sent them.
  public static func parse(_ text: [UInt8]) -> RestartPoint? {
    guard text.count <= textLimit else { return nil }
    let parts = text.split(separator: 0x2D, omittingEmptySubsequences: false)
    guard parts.count >= 2, let first = parts.first, let offset = DecimalNumber.read(first, upTo: UInt64(Int64.max))
    else {
      return nil
    }
    var point = RestartPoint(fileOffset: offset)
    for part in parts.dropFirst().dropLast() {
      guard let letter = part.first else { return nil }
      switch letter {
      case 0x41...0x5A:
        guard let shape = Shape(letters: part) else { return nil }
        point.shape = shape
      case 0x78:
        guard let pages = PageSet(hexadecimal: part.dropFirst()) else { return nil }
        point.pages = pages
      default: guard point.readState(part) else { return nil }
      }
    }
    // What is written in another way than `text` would, in another order or with a wrong checksum, is not ours.
    return point.text == text ? point : nil
  }

  private mutating func readState(_ part: ArraySlice<UInt8>) -> Bool {
    var rest = part
    while let letter = rest.popFirst() {
      switch letter {
      case 0x63: endsInCR = true
      case 0x73: isInSegmentedRecord = true
      case 0x6C: hasLastPage = true
      case 0x70:
        guard let left = DecimalNumber.read(rest, upTo: 255) else { return false }
        pageBytesLeft = UInt8(truncatingIfNeeded: left)
        return true
      default: return false
      }
    }
    return true
  }

  /// CRC-16 with the polynomial 0x1021, from 0xFFFF: against slips of the pen, not against malice, which gains nothing here.
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    bytes.reduce(0xFFFF) { sum, byte in
      (0..<8).reduce(sum ^ UInt16(byte) << 8) { value, _ in value & 0x8000 != 0 ? value << 1 ^ 0x1021 : value << 1 }
    }
  }
}

extension RestartPoint {
  /// The parameters that a place in a file depends on.
  struct Shape: Sendable, Hashable {
    /// Type and structure as their commands name them; with structure R the form of the records.
    let letters: [UInt8]

    init(_ format: TransferFormat) {
      var letters: [UInt8] = [format.type.argument[0], format.structure.rawValue]
      if format.structure == .record { letters.append(format.records == .lines ? 0x4C : 0x50) }
      self.letters = letters
    }

    init?(letters: ArraySlice<UInt8>) {
      guard 2...3 ~= letters.count, letters.allSatisfy({ 0x41...0x5A ~= $0 }) else { return nil }
      self.letters = Array(letters)
    }
  }
}
