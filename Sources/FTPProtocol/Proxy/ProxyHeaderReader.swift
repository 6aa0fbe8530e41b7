// Reads a PROXY header from bytes as they come, and takes none that are behind it.

/// The state of one header that is being read.
public struct ProxyHeaderReader: Sendable {
  /// How far it is.
  public enum Progress: Sendable, Equatable {
    case needsMore
    case complete(ProxyHeader)
    /// What comes now is not a header: the connection is of no use. Stays so.
    case malformed(ProxyHeaderError)
  }

  /// The longest header of version 2 that is read, in bytes behind its first 16: addresses and what is skipped (TLVs).
  public static let lengthLimit = 4096

  /// The longest line of version 1, CR and LF included.
  static let lineLimit = 107

  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  private static let lineStart = Array("PROXY ".utf8)

  /// What has come of a line, or of the fixed part and the addresses of a header of version 2.
  private var head: [UInt8] = []
  /// How many bytes are to be skipped.
  private var rest = 0
  private var header: ProxyHeader?
  public private(set) var progress = Progress.needsMore

  public init() {}

  /// Goes on with `bytes`.
  ///
  /// - Returns: how many of them belong to the header; those behind it are the client's.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> Int {
    var count = 0
    for byte in bytes {
      guard case .needsMore = progress else { break }
      count += 1
      take(byte)
    }
    return count
  }

  private mutating func take(_ byte: UInt8) {
    if rest > 0 {
      rest -= 1
      if rest == 0, let header { progress = .complete(header) }
      return
    }
    head.append(byte)
    if head[0] == Self.lineStart[0] { continueLine() } else { continueBinary() }
  }

  // MARK: - Version 1

  private mutating func continueLine() {
    let count = head.count
    if count <= Self.lineStart.count, head[count - 1] != Self.lineStart[count - 1] {
      progress = .malformed(.noSignature)
    } else if head[count - 1] == 0x0A {
      progress = Self.line(head).map { .complete($0) } ?? .malformed(.malformedLine)
    } else if count >= Self.lineLimit {
      progress = .malformed(.lineTooLong)
    }
  }

  /// Reads `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` and its CRLF.
  private static func line(_ line: [UInt8]) -> ProxyHeader? {
    guard line.suffix(2) == [0x0D, 0x0A] else { return nil }
    let words = line.dropLast(2).split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count >= 2 else { return nil }
    // Behind UNKNOWN there may be anything.
    if words[1].elementsEqual("UNKNOWN".utf8) { return .local }
    guard words.count == 6, let clientPort = port(words[4]), let serverPort = port(words[5]) else { return nil }
    let read: (ArraySlice<UInt8>) -> [UInt8]?
    if words[1].elementsEqual("TCP4".utf8) {
      read = AddressText.ipv4
    } else if words[1].elementsEqual("TCP6".utf8) {
      read = AddressText.ipv6
    } else {
      return nil
    }
    guard let client = read(words[2]), let server = read(words[3]) else { return nil }
    return .proxied(
      client: .init(octets: client, port: clientPort), server: .init(octets: server, port: serverPort))
  }

  private static func port(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard digits.count == 1 || digits.first != 0x30 else { return nil }
    return DataPort.number(digits, upTo: 65_535).flatMap { UInt16(exactly: $0) }
  }

  // MARK: - Version 2

  private mutating func continueBinary() {
    let count = head.count
    if count <= Self.signature.count {
      if head[count - 1] != Self.signature[count - 1] { progress = .malformed(.noSignature) }
      return
    }
    guard count >= 16 else { return }
    let length = Int(head[14]) << 8 | Int(head[15])
    if count == 16 {
      if let error = Self.fault(command: head[12], family: head[13], length: length) {
        progress = .malformed(error)
        return
      }
      if length == 0 { progress = .complete(.local) }
    }
    // LOCAL's addresses are to be ignored, and so are those that are not IP.
    let isLocal = head[12] & 0x0F == 0
    let needed = isLocal ? 0 : Self.addressLength(head[13])
    guard length > 0, count == 16 + needed else { return }
    header = needed == 0 || head[13] >> 4 == 3 ? .local : Self.addresses(head[16...], needed)
    rest = length - needed
    if rest == 0, let header { progress = .complete(header) }
  }

  private static func fault(command: UInt8, family: UInt8, length: Int) -> ProxyHeaderError? {
    guard command >> 4 == 2, command & 0x0F <= 1 else { return .unsupported }
    if length > lengthLimit { return .tooLong }
    if command & 0x0F == 0 { return nil }
    guard family >> 4 <= 3, family & 0x0F <= 1 else { return .unsupported }
    return length < addressLength(family) ? .tooShort : nil
  }

  /// The bytes of both ends' addresses; 0 for those that are not read (UNSPEC).
  private static func addressLength(_ family: UInt8) -> Int {
    guard family & 0x0F == 1 else { return 0 }
    switch family >> 4 {
    case 1: return 12
    case 2: return 36
    case 3: return 216
    default: return 0
    }
  }

  private static func addresses(_ bytes: ArraySlice<UInt8>, _ length: Int) -> ProxyHeader {
    let all = Array(bytes)
    let width = length == 12 ? 4 : 16
    func port(_ index: Int) -> UInt16 { UInt16(all[index]) << 8 | UInt16(all[index + 1]) }
    return .proxied(
      client: .init(octets: Array(all[..<width]), port: port(2 * width)),
      server: .init(octets: Array(all[width..<(2 * width)]), port: port(2 * width + 2)))
  }
}
