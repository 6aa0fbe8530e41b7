// Messages as bytes and back: one packet holds one message, and every length is checked before it is believed.

/// Bytes that are no message.
public struct MalformedMessage: Error, Equatable {
  public init() {}
}

/// The form of a packet: a byte of version (1), a byte of kind, the id, then the kind's fields. Numbers are big-endian; a text is its
/// length in two bytes and its bytes; a list its count in two bytes and its members.
extension Message {
  /// No packet is longer, in bytes.
  public static let limit = 16_384
  public static let userLimit = 255
  public static let passwordLimit = 512
  public static let groupLimit = 1024
  private static let version: UInt8 = 1

  /// The packet. The caller wipes that of a request when it is sent.
  ///
  /// - Throws: when a field is longer or otherwise than a reader would accept.
  public func encoded() throws(MalformedMessage) -> [UInt8] {
    var writer = MessageWriter()
    switch self {
    case .request(let id, let request):
      guard request.isAcceptable else { throw MalformedMessage() }
      writer.begin(Self.version, 1, id)
      writer.append(request.minimumUser)
      writer.append(Array(request.service.utf8))
      writer.append(request.user)
      writer.append(Array(request.remoteHost.utf8))
      request.password.withBytes { writer.append($0) }
    case .accepted(let id, let user):
      guard user.isAcceptable else { throw MalformedMessage() }
      writer.begin(Self.version, 2, id)
      writer.append(user.user)
      writer.append(user.group)
      writer.append(Array(user.home.utf8))
      writer.append(UInt16(truncatingIfNeeded: user.groups.count))
      for group in user.groups { writer.append(group) }
    case .refused(let id): writer.begin(Self.version, 3, id)
    case .tryLater(let id): writer.begin(Self.version, 4, id)
    }
    return writer.bytes
  }

  /// Reads a packet.
  ///
  /// - Throws: when it is anything but exactly one message of this version.
  public init(_ packet: UnsafeRawBufferPointer) throws(MalformedMessage) {
    guard packet.count <= Self.limit else { throw MalformedMessage() }
    var reader = MessageReader(packet)
    guard try reader.byte() == Self.version else { throw MalformedMessage() }
    let kind = try reader.byte()
    let id = try reader.number()
    switch kind {
    case 1:
      let minimum = try reader.number()
      let service = try reader.text(limit: 64)
      let user = try reader.bytes(limit: Self.userLimit)
      let host = try reader.text(limit: 64)
      let password = try reader.secret(limit: Self.passwordLimit)
      let request = LoginRequest(
        service: service, minimumUser: minimum, user: user, password: password, remoteHost: host)
      guard request.isAcceptable else { throw MalformedMessage() }
      self = .request(id: id, request)
    case 2:
      let (user, group) = (try reader.number(), try reader.number())
      let home = try reader.text(limit: 4095)
      let count = try reader.short()
      guard count <= Self.groupLimit else { throw MalformedMessage() }
      var groups: [UInt32] = []
      for _ in 0..<count { groups.append(try reader.number()) }
      let local = LocalUser(user: user, group: group, groups: groups, home: home)
      guard local.isAcceptable else { throw MalformedMessage() }
      self = .accepted(id: id, local)
    case 3: self = .refused(id: id)
    case 4: self = .tryLater(id: id)
    default: throw MalformedMessage()
    }
    guard reader.isAtEnd else { throw MalformedMessage() }
  }
}

extension LoginRequest {
  fileprivate var isAcceptable: Bool {
    let serviceBytes = service.utf8
    let isName = serviceBytes.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
    }
    return (1...64).contains(serviceBytes.count) && isName && (1...Message.userLimit).contains(user.count)
      && !user.contains(0) && remoteHost.utf8.count <= 64
      // It goes into PAM's log and ours: nothing in it may begin a line or a field of its own.
      && remoteHost.utf8.allSatisfy { 0x21...0x7E ~= $0 }
      && password.count <= Message.passwordLimit && password.withBytes { !$0.contains(0) }
  }
}

extension LocalUser {
  fileprivate var isAcceptable: Bool {
    home.utf8.first == 0x2F && home.utf8.count <= 4095 && !home.utf8.contains(0) && groups.count <= Message.groupLimit
  }
}

/// Appends fields to a packet.
struct MessageWriter {
  private(set) var bytes: [UInt8] = []

  // Room for the largest request at once: an array that grows leaves copies of a password behind.
  init() { bytes.reserveCapacity(2048) }

  mutating func begin(_ version: UInt8, _ kind: UInt8, _ id: UInt32) {
    bytes.append(version)
    bytes.append(kind)
    append(id)
  }

  mutating func append(_ number: UInt32) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ number: UInt16) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }

  mutating func append(_ text: some Collection<UInt8>) {
    append(UInt16(truncatingIfNeeded: text.count))
    bytes.append(contentsOf: text)
  }
}

/// Takes fields from a packet; never reads beyond it.
struct MessageReader {
  private var rest: UnsafeRawBufferPointer.SubSequence

  init(_ packet: UnsafeRawBufferPointer) { rest = packet[...] }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func take(_ count: Int) throws(MalformedMessage) -> UnsafeRawBufferPointer.SubSequence {
    guard count <= rest.count else { throw MalformedMessage() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func byte() throws(MalformedMessage) -> UInt8 { try take(1).reduce(0) { $0 | $1 } }
  mutating func short() throws(MalformedMessage) -> Int { try take(2).reduce(0) { $0 << 8 | Int($1) } }
  mutating func number() throws(MalformedMessage) -> UInt32 { try take(4).reduce(0) { $0 << 8 | UInt32($1) } }

  private mutating func field(limit: Int) throws(MalformedMessage) -> UnsafeRawBufferPointer.SubSequence {
    let count = try short()
    guard count <= limit else { throw MalformedMessage() }
    return try take(count)
  }

  mutating func bytes(limit: Int) throws(MalformedMessage) -> [UInt8] { Array(try field(limit: limit)) }
  mutating func secret(limit: Int) throws(MalformedMessage) -> Secret { Secret(try field(limit: limit)) }

  mutating func text(limit: Int) throws(MalformedMessage) -> String {
    guard let text = String(validating: try field(limit: limit), as: UTF8.self) else { throw MalformedMessage() }
    return text
  }
}
