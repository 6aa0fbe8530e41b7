// The facts of MLSD and MLST that few clients ask for: create, lang, media-type, charset, and the target of a link.

extension MachineFormatter {
  /// Writes the facts of ``FactSet/uncommon`` that were chosen and are known.
  func writeUncommon(
    _ file: FileFacts, _ extras: Extras?, _ name: UnsafeRawBufferPointer, to writer: inout ByteWriter
  ) {
    if facts.contains(.create), let created = extras?.created {
      writer.write("create=")
      TimeStamp.write(created.seconds, to: &writer)
      if fractionDigits > 0 { TimeStamp.writeFraction(created.nanoseconds, digits: fractionDigits, to: &writer) }
      writer.write(0x3B)
    }
    // The language of a name (RFC 3659 §7.5): nobody has said which, and the registry has a tag for that.
    if facts.contains(.lang) { writer.write("lang=und;") }
    if facts.contains(.mediaType), file.kind == .file, let type = MediaTypes.type(of: name) {
      writer.write("media-type=")
      writer.write(type)
      writer.write(0x3B)
    }
    // The character set of the name, not of the contents.
    if facts.contains(.charset) {
      writer.write(String(validating: name, as: UTF8.self) == nil ? "charset=UNKNOWN-8BIT;" : "charset=UTF-8;")
    }
  }

  /// A link's target as a fact may hold it: bytes that RFC 3659 §7.2 does not allow in a value, and `%`, become `%XX`.
  static func write(target: [UInt8], to writer: inout ByteWriter) {
    let digits: StaticString = "0123456789ABCDEF"
    digits.withUTF8Buffer { digits in
      for byte in target {
        if isPlain(byte) {
          writer.write(byte)
        } else {
          writer.write(0x25)
          writer.write(digits[Int(byte >> 4)])
          writer.write(digits[Int(byte & 15)])
        }
      }
    }
  }

  /// Undoes ``write(target:to:)``: `%XX` becomes its byte. A `%` before anything else stays, as other servers write it.
  static func target(from value: ArraySlice<UInt8>) -> [UInt8] {
    var target: [UInt8] = []
    var rest = value
    while let byte = rest.popFirst() {
      if byte == 0x25, rest.count >= 2, let decoded = Hexadecimal.bytes(rest.prefix(2)) {
        target += decoded
        rest = rest.dropFirst(2)
      } else {
        target.append(byte)
      }
    }
    return target
  }

  /// RCHAR and `=` of RFC 3659 §7.2, but for `%`.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x22, 0x23, 0x24, 0x26, 0x27, 0x28, 0x29, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F: true
    case 0x3A, 0x3D, 0x3F, 0x40, 0x5C, 0x5E, 0x5F: true
    default: false
    }
  }
}
