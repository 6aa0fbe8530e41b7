// The descriptor codes of modes B and C.

/// The bits of a descriptor byte (RFC 959 §3.4.2), which mode C uses as well.
enum BlockDescriptor {
  static let endOfRecord: UInt8 = 0x80
  static let endOfFile: UInt8 = 0x40
  static let suspectData: UInt8 = 0x20
  static let marker: UInt8 = 0x10
  /// The bits that mean nothing.
  static let unknown: UInt8 = 0x0F

  /// A block's header: descriptor, count in two bytes, high byte first.
  static let headerSize = 3
  /// The most bytes of a block.
  static let countLimit = 0xFFFF
  /// The most bytes of a marker that is taken; text for a reply line.
  static let markerLimit = 255

  static func isMarkerByte(_ byte: UInt8) -> Bool { 0x21...0x7E ~= byte }

  /// Writes a block's header.
  @discardableResult
  static func writeHeader(_ descriptor: UInt8, count: Int, to target: UnsafeMutableRawPointer) -> Int {
    target.storeBytes(of: descriptor, as: UInt8.self)
    target.storeBytes(of: UInt8(truncatingIfNeeded: count &>> 8), toByteOffset: 1, as: UInt8.self)
    target.storeBytes(of: UInt8(truncatingIfNeeded: count), toByteOffset: 2, as: UInt8.self)
    return headerSize
  }
}
