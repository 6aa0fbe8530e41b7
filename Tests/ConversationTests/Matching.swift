// Compares what the server said with what the dialogue expects, and keeps what named groups of expressions captured.

import TestSupport

extension TextPattern {
  /// Whether `data` matches: equal, or (expression) matched somewhere. Named groups are put into `variables`.
  func matches(_ data: [UInt8], _ variables: inout [String: [UInt8]]) throws -> Bool {
    switch self {
    case .exact(let wanted): return data == substitute(wanted, variables)
    case .expression(let source): return try Self.search(source, latin1(data), &variables)
    }
  }

  /// Whether `data` holds the pattern anywhere.
  func isFound(in data: [UInt8], _ variables: inout [String: [UInt8]]) throws -> Bool {
    switch self {
    case .exact(let wanted): return contains(data, substitute(wanted, variables))
    case .expression(let source): return try Self.search(source, latin1(data), &variables)
    }
  }

  private static func search(_ source: String, _ text: String, _ variables: inout [String: [UInt8]]) throws -> Bool {
    let expression = try Regex(latin1(substitute(bytes(source), variables))).matchingSemantics(.unicodeScalar)
    guard let match = try expression.firstMatch(in: text) else { return false }
    for element in match.output {
      if let name = element.name, let found = element.substring { variables[name] = bytes(String(found)) }
    }
    return true
  }

  /// The pattern as the dialogue wrote it.
  var text: String {
    switch self {
    case .exact(let wanted): shown(wanted)
    case .expression(let source): "/\(source)/"
    }
  }
}

extension ReplyPattern {
  /// Nil when the reply is as expected, else what is wrong with it.
  func mismatch(_ reply: FTPReply, _ variables: inout [String: [UInt8]]) throws -> String? {
    guard codes.contains(where: { fits(reply.code, $0) }) else { return "expected \(codes.joined(separator: "|"))" }
    if let text {
      if reply.lines.count != 1 { return "expected a single line" }
      if try !text.matches(Array(reply.lines[0].dropFirst(4)), &variables) { return "expected the text \(text.text)" }
    }
    guard let block else { return nil }
    return try fits(block[...], reply.lines[...], &variables) ? nil : "expected the lines of the block"
  }

  private func fits(_ code: Int, _ pattern: String) -> Bool {
    zip(String(code), pattern).allSatisfy { $1 == "x" || $0 == $1 }
  }

  private func fits(
    _ patterns: ArraySlice<TextPattern?>, _ lines: ArraySlice<[UInt8]>, _ variables: inout [String: [UInt8]]
  ) throws -> Bool {
    guard let first = patterns.first else { return lines.isEmpty }
    guard let pattern = first else {
      for skipped in 0...lines.count {
        if try fits(patterns.dropFirst(), lines.dropFirst(skipped), &variables) { return true }
      }
      return false
    }
    guard let line = lines.first, try pattern.matches(line, &variables) else { return false }
    return try fits(patterns.dropFirst(), lines.dropFirst(), &variables)
  }
}

/// Replaces `{name}` by the value of a known variable; other braces stay.
func substitute(_ text: [UInt8], _ variables: [String: [UInt8]]) -> [UInt8] {
  guard text.contains(0x7B) else { return text }
  var out: [UInt8] = []
  var rest = text[...]
  while let open = rest.firstIndex(of: 0x7B), let close = rest[open...].firstIndex(of: 0x7D) {
    out += rest[..<open]
    let name = latin1(rest[(open + 1)..<close])
    out += variables[name] ?? Array(rest[open...close])
    rest = rest[(close + 1)...]
  }
  return out + rest
}

private func contains(_ data: [UInt8], _ wanted: [UInt8]) -> Bool {
  guard !wanted.isEmpty, data.count >= wanted.count else { return wanted.isEmpty }
  return (0...(data.count - wanted.count)).contains { data[$0] == wanted[0] && data[$0...].starts(with: wanted) }
}
