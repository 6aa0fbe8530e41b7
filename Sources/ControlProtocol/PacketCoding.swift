// The fields of packets: appended to one, and taken from one with every length checked before it is believed.

/// Bytes that are no message of this protocol.
public struct MalformedPacket: Error, Equatable, Sendable {
  public init() {}
}

/// Appends fields to a packet. Numbers are big-endian; a text is its length in two bytes and its bytes.
struct PacketWriter {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  mutating func append(_ number: UInt8) { bytes.append(number) }
  mutating func append(_ number: UInt16) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ number: UInt32) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
  mutating func append(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  /// At most `limit` bytes of `text`; the rest is cut off, so that a reader with the same limit takes it.
  mutating func append(_ text: [UInt8], limit: Int) {
    let kept = text.prefix(min(limit, Int(UInt16.max)))
    append(UInt16(truncatingIfNeeded: kept.count))
    bytes.append(contentsOf: kept)
  }

  /// The same for text, cut between two characters.
  mutating func append(_ text: String, limit: Int) {
    var text = text[...]
    while text.utf8.count > limit { text.removeLast() }
    append(Array(text.utf8), limit: limit)
  }

  /// A flag whether there is a value, and the value.
  mutating func append<Value>(_ value: Value?, _ body: (inout PacketWriter, Value) -> Void) {
    append(value != nil)
    if let value { body(&self, value) }
  }

  /// A count in two bytes, and the members.
  mutating func append<Value>(list: [Value], limit: Int, _ body: (inout PacketWriter, Value) -> Void) {
    let kept = list.prefix(limit)
    append(UInt16(truncatingIfNeeded: kept.count))
    for value in kept { body(&self, value) }
  }
}

/// Takes fields from a packet; never reads beyond it.
struct PacketReader {
  private var rest: UnsafeRawBufferPointer.SubSequence

  init(_ packet: UnsafeRawBufferPointer) { rest = packet[...] }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func take(_ count: Int) throws(MalformedPacket) -> UnsafeRawBufferPointer.SubSequence {
    guard count <= rest.count else { throw MalformedPacket() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func byte() throws(MalformedPacket) -> UInt8 { try take(1).reduce(0) { $0 | $1 } }
  mutating func short() throws(MalformedPacket) -> UInt16 { try take(2).reduce(0) { $0 << 8 | UInt16($1) } }
  mutating func word() throws(MalformedPacket) -> UInt32 { try take(4).reduce(0) { $0 << 8 | UInt32($1) } }
  mutating func long() throws(MalformedPacket) -> UInt64 { try take(8).reduce(0) { $0 << 8 | UInt64($1) } }

  mutating func flag() throws(MalformedPacket) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw MalformedPacket()
    }
  }

  mutating func bytes(limit: Int) throws(MalformedPacket) -> [UInt8] {
    let count = Int(try short())
    guard count <= limit else { throw MalformedPacket() }
    return Array(try take(count))
  }

  mutating func text(limit: Int) throws(MalformedPacket) -> String {
    guard let text = String(validating: try bytes(limit: limit), as: UTF8.self) else { throw MalformedPacket() }
    return text
  }

  mutating func optional<Value>(
    _ body: (inout PacketReader) throws(MalformedPacket) -> Value
  ) throws(MalformedPacket) -> Value? {
    try flag() ? try body(&self) : nil
  }

  mutating func list<Value>(
    limit: Int, _ body: (inout PacketReader) throws(MalformedPacket) -> Value
  ) throws(MalformedPacket) -> [Value] {
    let count = Int(try short())
    guard count <= limit else { throw MalformedPacket() }
    var values: [Value] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }

  /// The case of an enumeration that its number names.
  mutating func choice<Value: RawRepresentable>(
    _: Value.Type
  ) throws(MalformedPacket) -> Value where Value.RawValue == UInt8 {
    guard let value = Value(rawValue: try byte()) else { throw MalformedPacket() }
    return value
  }
}
