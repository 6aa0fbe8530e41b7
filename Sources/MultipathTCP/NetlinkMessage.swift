// The wire format of netlink: messages and attributes, written and read with every length checked.

/// Writes netlink attributes. Source: netlink(7), <linux/netlink.h>.
struct AttributeWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ type: UInt16, _ value: Value) {
    withUnsafeBytes(of: value) { put(type, raw: $0) }
  }

  /// A string with the terminating NUL that the kernel expects.
  mutating func put(_ type: UInt16, _ text: String) {
    (Array(text.utf8) + [0]).withUnsafeBytes { put(type, raw: $0) }
  }

  mutating func put(_ type: UInt16, _ octets: [UInt8]) { octets.withUnsafeBytes { put(type, raw: $0) } }

  mutating func nest(_ type: UInt16, _ body: (inout AttributeWriter) -> Void) {
    var inner = AttributeWriter()
    body(&inner)
    inner.bytes.withUnsafeBytes { put(type | 0x8000, raw: $0) }  // NLA_F_NESTED
  }

  private mutating func put(_ type: UInt16, raw: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt16(truncatingIfNeeded: 4 + raw.count)) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: type) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: raw)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }
}

/// The attributes of a message, found by type. Anything that does not fit its length ends the list.
struct Attributes: Sequence {
  let bytes: KernelBytes

  init(_ raw: UnsafeRawBufferPointer, from offset: Int = 0) {
    bytes = KernelBytes(raw, from: offset, count: raw.count)
  }

  func makeIterator() -> AnyIterator<(type: UInt16, payload: KernelBytes)> {
    var offset = 0
    let bytes = self.bytes
    return AnyIterator {
      guard let length = bytes.load(offset, as: UInt16.self).map(Int.init), length >= 4,
        offset + length <= bytes.count, let type = bytes.load(offset + 2, as: UInt16.self)
      else { return nil }
      let payload = KernelBytes(bytes.raw, from: offset + 4, count: length - 4)
      offset += (length + 3) & ~3
      return (type & 0x3FFF, payload)  // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
    }
  }

  subscript(_ type: UInt16) -> KernelBytes? { first { $0.type == type }?.payload }
}

/// One message of a datagram of the kernel.
struct NetlinkMessage {
  static let headerSize = 16
  let type: UInt16
  let flags: UInt16
  let sequence: UInt32
  /// What follows the header.
  let payload: UnsafeRawBufferPointer

  /// Splits a datagram into its messages; damaged data ends the list.
  static func all(in datagram: UnsafeRawBufferPointer) -> [NetlinkMessage] {
    let bytes = KernelBytes(datagram)
    var messages: [NetlinkMessage] = []
    var offset = 0
    while let length = bytes.load(offset, as: UInt32.self).map(Int.init), length >= headerSize,
      offset + length <= bytes.count, let type = bytes.load(offset + 4, as: UInt16.self),
      let flags = bytes.load(offset + 6, as: UInt16.self), let sequence = bytes.load(offset + 8, as: UInt32.self)
    {
      let payload = UnsafeRawBufferPointer(rebasing: datagram[(offset + headerSize)..<(offset + length)])
      messages.append(NetlinkMessage(type: type, flags: flags, sequence: sequence, payload: payload))
      offset += (length + 3) & ~3
    }
    return messages
  }

  /// A message with header, ready to send.
  static func encode(type: UInt16, flags: UInt16, sequence: UInt32, body: [UInt8]) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(headerSize + body.count)
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: headerSize + body.count)) { message.append(contentsOf: $0) }
    withUnsafeBytes(of: type) { message.append(contentsOf: $0) }
    withUnsafeBytes(of: flags) { message.append(contentsOf: $0) }
    withUnsafeBytes(of: sequence) { message.append(contentsOf: $0) }
    message.append(contentsOf: [0, 0, 0, 0])  // from: the kernel fills in the port
    message.append(contentsOf: body)
    return message
  }

  /// The code of an NLMSG_ERROR (0 is an acknowledgement, else a negative errno) and the kernel's explanation.
  var failure: (code: Int32, explanation: String) {
    let bytes = KernelBytes(payload)
    let code = bytes.load(0, as: Int32.self) ?? 0
    guard flags & 0x200 != 0 else { return (code, "") }  // NLM_F_ACK_TLVS
    // After the code comes the request, whole unless NLM_F_CAPPED says that only its header does.
    let request = flags & 0x100 != 0 ? Self.headerSize : Int(bytes.load(4, as: UInt32.self) ?? 0)
    let text = Attributes(payload, from: 4 + ((request + 3) & ~3))[1].map { $0.raw.prefix { $0 != 0 } }
    return (code, text.map { String(decoding: $0, as: UTF8.self) } ?? "")
  }
}
