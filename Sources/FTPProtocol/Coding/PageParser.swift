// Structure P: pages one after the other, each behind a header that says how long it is.

/// Walks through pages as they stand on the wire and, behind ``mark``, in a file (RFC 959 §3.1.2.3; docs/record-and-page-files.md).
///
/// The same in both directions: headers are checked and passed on, data are mapped. A logical byte is one byte, the only size that
/// TYPE takes here, so every field of a header is 0 to 255.
struct PageParser: Sendable {
  /// The bytes a stored file of pages begins with. The first is no text and the last an LF, so that damage by a careless transfer
  /// shows at once.
  static let mark: [UInt8] = [0x89, 0x57, 0x50, 0x41, 0x47, 0x45, 0x53, 0x0A]

  /// What is wrong with a page; ``CodingError`` says it together with where.
  enum Fault: Error {
    case headerLength(UInt8)
    case pageType(UInt8)
    case dataInLastPage
    case repeated(UInt8)
    case bytesAfterLastPage
  }

  private enum Stage {
    /// So many of the four bytes that every header has.
    case header(Int)
    /// So many bytes of further header fields, and then of data.
    case fields(Int, data: Int)
    case data(Int)
    case ended
  }

  private var stage: Stage
  private var header: UInt32 = 0
  private var pages: PageSet
  private let map: CharacterMap
  /// Where in the input of the last step the fault stood.
  private(set) var faultOffset = 0

  init(_ map: CharacterMap, from restart: RestartPoint) {
    self.map = map
    pages = restart.pages
    stage = restart.hasLastPage ? .ended : .header(0)
    if restart.pageBytesLeft > 0 { stage = .data(Int(restart.pageBytesLeft)) }
  }

  /// Whether the last page is there.
  var isEnded: Bool { if case .ended = stage { true } else { false } }

  /// Whether the next byte begins a page.
  var isBetweenPages: Bool {
    switch stage {
    case .header(0), .ended: true
    default: false
    }
  }

  /// Whether the next byte belongs to a header that has begun.
  var isInHeader: Bool {
    switch stage {
    case .header(let count): count > 0
    case .fields: true
    case .data, .ended: false
    }
  }

  /// Writes where this stands into a restart point.
  func describe(in point: inout RestartPoint) {
    point.pages = pages
    point.hasLastPage = isEnded
    if case .data(let left) = stage { point.pageBytesLeft = UInt8(truncatingIfNeeded: left) }
  }

  /// Passes on bytes up to the end of a page, of the input or of the room, of which a header needs four bytes.
  mutating func transform(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Fault) -> (consumed: Int, produced: Int) {
    var (consumed, produced) = (0, 0)
    while consumed < input.count {
      let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
      let room = UnsafeMutableRawBufferPointer(rebasing: output[produced...])
      switch stage {
      case .ended:
        faultOffset = consumed
        throw .bytesAfterLastPage
      case .header(let count):
        guard room.count >= 4 else { return (consumed, produced) }
        header = header << 8 | UInt32(rest[0])
        consumed &+= 1
        stage = .header(count &+ 1)
        if count == 3 {
          faultOffset = consumed &- 1
          try beginPage()
          room.storeBytes(of: header.bigEndian, as: UInt32.self)
          produced &+= 4
          if isBetweenPages { return (consumed, produced) }
        }
      case .fields(let left, let data):
        let fields = UnsafeRawBufferPointer(rebasing: rest.prefix(left))
        let count = CharacterMap.unchanged.copy(fields, to: room)
        if count == 0 { return (consumed, produced) }
        consumed &+= count
        produced &+= count
        stage = count < left ? .fields(left &- count, data: data) : data > 0 ? .data(data) : .header(0)
        if isBetweenPages { return (consumed, produced) }
      case .data(let left):
        let count = map.copy(UnsafeRawBufferPointer(rebasing: rest.prefix(left)), to: room)
        if count == 0 { return (consumed, produced) }
        consumed &+= count
        produced &+= count
        stage = count < left ? .data(left &- count) : .header(0)
        if isBetweenPages { return (consumed, produced) }
      }
    }
    return (consumed, produced)
  }

  /// Checks a header whose four bytes are there.
  private mutating func beginPage() throws(Fault) {
    let length = UInt8(truncatingIfNeeded: header >> 24)
    let index = UInt8(truncatingIfNeeded: header >> 16)
    let data = Int(header >> 8 & 0xFF)
    let type = UInt8(truncatingIfNeeded: header)
    guard length >= 4 else { throw .headerLength(length) }
    switch type {
    case 0:
      // The last page: it ends the file and has neither further fields nor data.
      guard length == 4 else { throw .headerLength(length) }
      guard data == 0 else { throw .dataInLastPage }
      stage = .ended
      return
    case 1: guard length == 4 else { throw .headerLength(length) }
    // A descriptor page is about the file as a whole; its index says nothing.
    case 2: break
    case 3: guard length == 5 else { throw .headerLength(length) }
    default: throw .pageType(type)
    }
    if type != 2, !pages.insert(index) { throw .repeated(index) }
    stage = length > 4 ? .fields(Int(length) - 4, data: data) : data > 0 ? .data(data) : .header(0)
  }
}

extension CodingError {
  /// A fault of what came over the wire.
  init(_ fault: PageParser.Fault, at offset: UInt64) {
    switch fault {
    case .headerLength(let length): self = .pageHeaderLength(length, at: offset)
    case .pageType(let type): self = .unknownPageType(type, at: offset)
    case .dataInLastPage: self = .dataInLastPage(at: offset)
    case .repeated(let index): self = .repeatedPage(index, at: offset)
    case .bytesAfterLastPage: self = .bytesAfterLastPage(at: offset)
    }
  }
}
