// Names as they stand in a URL: any bytes, those that could mean something written as %XX.

/// The bytes of `text`, or nil where a % is not followed by two hexadecimal digits.
func percentDecoded(_ text: Substring) -> [UInt8]? {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count)
  var rest = text.utf8[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else { return nil }
    bytes.append(high << 4 | low)
  }
  return bytes
}

private func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x37
  case 0x61...0x66: byte - 0x57
  default: nil
  }
}

/// `bytes` for a URL: only letters, digits and `-._~` (RFC 3986, unreserved) stand for themselves, and `/` where it parts names.
func percentEncoded(_ bytes: some Sequence<UInt8>, keepingSlashes: Bool = false) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in bytes {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
    case 0x2F where keepingSlashes: out.append(byte)
    default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// A name for a person: valid UTF-8 as it is, what is not as U+FFFD, and control characters as their pictures (U+2400).
func shown(_ bytes: some Collection<UInt8>) -> String {
  let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar -> Unicode.Scalar in
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "?"
    case 0x7F: "\u{2421}"
    // Others that are not seen, or that turn the direction of what follows.
    case 0x80...0x9F, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: "\u{FFFD}"
    default: scalar
    }
  }
  return String(String.UnicodeScalarView(scalars))
}

/// The part of a request's target behind `?`.
struct Query {
  private let fields: [Substring: Substring]

  init(_ text: Substring?) {
    var fields: [Substring: Substring] = [:]
    for field in (text ?? "").split(separator: "&") {
      let halves = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      fields[halves[0]] = halves.count > 1 ? halves[1] : ""
    }
    self.fields = fields
  }

  /// A value's bytes; nil where there is no such field or it is malformed.
  func bytes(_ name: String) -> [UInt8]? { fields[name[...]].flatMap(percentDecoded) }

  subscript(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }

  func has(_ name: String) -> Bool { fields[name[...]] != nil }
}
