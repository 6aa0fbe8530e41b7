// Turns bytes into text and back for tests: one byte is one Latin-1 character, so that nothing is lost or merged.

/// Bytes as text in which every byte is exactly one Unicode scalar (ISO 8859-1). The inverse is `bytes(_:)`.
public func latin1(_ bytes: some Sequence<UInt8>) -> String {
  var text = String.UnicodeScalarView()
  for byte in bytes { text.append(Unicode.Scalar(byte)) }
  return String(text)
}

/// The bytes of a Latin-1 text; scalars above U+00FF become their UTF-8 bytes.
public func bytes(_ text: String) -> [UInt8] {
  var out: [UInt8] = []
  for scalar in text.unicodeScalars {
    if scalar.value <= 0xFF { out.append(UInt8(scalar.value)) } else { out += Array(String(scalar).utf8) }
  }
  return out
}

/// Bytes as printable text for a failure message: controls and bytes above 0x7E as `\xNN`, long runs cut.
public func shown(_ bytes: some Collection<UInt8>, limit: Int = 300) -> String {
  var out = ""
  for byte in bytes.prefix(limit) {
    switch byte {
    case 0x0D: out += "\\r"
    case 0x0A: out += "\\n"
    case 0x09: out += "\\t"
    case 0x20...0x7E: out.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      out += "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }
  }
  return bytes.count > limit ? out + "… (\(bytes.count) bytes)" : out
}

/// `count` bytes that do not repeat with any small period, the same for the same seed: test data whose displacement
/// by any offset is noticed.
public func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, filled in
    let raw = UnsafeMutableRawBufferPointer(buffer)
    var offset = 0
    while offset < count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      raw.storeBytes(of: state, toByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    filled = count
  }
}
