// Reads the response to a request (RFC 9112): a pure state machine over the bytes that come, with bounds on all of them.

/// The response of a web service.
public struct HTTPResponse: Sendable, Equatable {
  public let status: Int
  /// What came behind the head, with the chunks put together.
  public let body: [UInt8]
}

/// Takes in a response piece by piece.
struct HTTPResponseReader {
  private enum Part: Equatable {
    case head
    /// So many bytes of the body are missing.
    case counted(Int)
    case chunkSize
    case chunk(Int)
    case chunkEnd
    case trailer
    /// The body lasts until the connection ends.
    case untilEnd
    case done
  }

  static let headLimit = 32_768

  private let bodyLimit: Int
  private var part = Part.head
  private var pending: [UInt8] = []
  private var body: [UInt8] = []
  private var status = 0

  /// - Parameter bodyLimit: a longer body is refused.
  init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

  /// Takes in the next bytes.
  /// - Returns: the response, when it is whole.
  mutating func take(_ bytes: some Sequence<UInt8>) throws(HTTPError) -> HTTPResponse? {
    pending += bytes
    while try step() {}
    return part == .done ? HTTPResponse(status: status, body: body) : nil
  }

  /// The connection has ended in an orderly way.
  /// - Returns: the response, if that is how its body ends; nil if it is cut short.
  func end() -> HTTPResponse? { part == .untilEnd ? HTTPResponse(status: status, body: body) : nil }

  /// Goes on by one part; false if more bytes are needed.
  private mutating func step() throws(HTTPError) -> Bool {
    switch part {
    case .head: return try readHead()
    case .counted(let count): return try move(count, next: .done) { .counted($0) }
    case .chunk(let count): return try move(count, next: .chunkEnd) { .chunk($0) }
    case .untilEnd:
      try append(pending.count)
      return false
    case .chunkSize:
      guard let line = try line() else { return false }
      let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
      guard digits.count <= 8, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
        throw HTTPError("sent a chunk without a size")
      }
      part = size == 0 ? .trailer : .chunk(size)
      return true
    case .chunkEnd:
      guard let line = try line() else { return false }
      guard line.isEmpty else { throw HTTPError("sent a chunk that is longer than its size") }
      part = .chunkSize
      return true
    case .trailer:
      guard let line = try line() else { return false }
      if line.isEmpty { part = .done }
      return true
    case .done: return false
    }
  }

  private mutating func move(_ count: Int, next: Part, _ rest: (Int) -> Part) throws(HTTPError) -> Bool {
    if count == 0 {
      part = next
      return true
    }
    guard !pending.isEmpty else { return false }
    let taken = min(count, pending.count)
    try append(taken)
    part = rest(count - taken)
    return true
  }

  private mutating func append(_ count: Int) throws(HTTPError) {
    guard body.count + count <= bodyLimit else { throw HTTPError("sent more than \(bodyLimit) bytes") }
    body += pending.prefix(count)
    pending.removeFirst(count)
  }

  /// The next line without its end; nil if it has not come.
  private mutating func line() throws(HTTPError) -> [UInt8]? {
    guard let end = pending.firstIndex(of: 0x0A) else {
      if pending.count > Self.headLimit { throw HTTPError("sent a line without an end") }
      return nil
    }
    var line = Array(pending[..<end])
    pending.removeFirst(end + 1)
    if line.last == 0x0D { line.removeLast() }
    return line
  }

  private mutating func readHead() throws(HTTPError) -> Bool {
    guard let end = Self.endOfHead(pending) else {
      if pending.count > Self.headLimit { throw HTTPError("sent a head of more than \(Self.headLimit) bytes") }
      return false
    }
    let head = pending[..<end]
    pending.removeFirst(end)
    var lines = head.split(separator: 0x0A, omittingEmptySubsequences: true).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    let words = lines.removeFirst().split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), (100...599).contains(status)
    else { throw HTTPError("does not speak HTTP/1.1") }
    // An interim response is not the one that was asked for (RFC 9110, section 15.2).
    if status < 200 { return true }
    self.status = status
    try chooseBody(lines)
    return true
  }

  /// How the body is told from what follows (RFC 9112, section 6.3).
  private mutating func chooseBody(_ fields: [String]) throws(HTTPError) {
    var length: Int?
    for field in fields {
      guard let colon = field.firstIndex(of: ":") else { continue }
      let name = field[..<colon].lowercased()
      let value = field[field.index(after: colon)...].trimmed.lowercased()
      if name == "transfer-encoding" {
        guard value == "chunked" else { throw HTTPError("uses the transfer coding \(value.prefix(32))") }
        part = .chunkSize
        return
      }
      if name == "content-length" {
        guard let count = Int(value), count >= 0, length == nil || length == count else {
          throw HTTPError("sent a Content-Length that is none")
        }
        length = count
      }
    }
    if status == 204 || status == 304 { length = 0 }
    if let length, length > bodyLimit { throw HTTPError("announced more than \(bodyLimit) bytes") }
    part = length.map { .counted($0) } ?? .untilEnd
  }

  /// Behind the empty line.
  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    var previous = -1
    for (index, byte) in bytes.enumerated() where byte == 0x0A {
      if previous >= 0, index == previous + 1 || (index == previous + 2 && bytes[previous + 1] == 0x0D) {
        return index + 1
      }
      previous = index
    }
    return nil
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self
    while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
    while rest.last == " " || rest.last == "\t" { rest.removeLast() }
    return rest
  }
}
