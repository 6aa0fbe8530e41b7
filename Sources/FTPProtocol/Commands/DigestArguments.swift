// Takes the argument of XCRC, XMD5 and XSHA apart: a name, quoted or not, and perhaps two numbers.

/// What XCRC and its kin are asked for: `"name" start end`, `name start end`, `"name"` or `name`.
///
/// No document defines these commands. As most servers read them, octets count from 0 and `end` is the one after the last.
public struct DigestArguments: Sendable, Hashable {
  public let pathname: [UInt8]
  /// The octets; nil is all of them.
  public let range: Range<UInt64>?
  /// The whole argument, if it is not quoted and ends in numbers: then a file may be called so.
  public let wholeArgument: [UInt8]?

  /// - Returns: nil for a quote that does not end, for anything but two decimal numbers after a quoted name, and for a range that
  ///   ends before it starts.
  public static func parse(_ argument: [UInt8]) -> DigestArguments? {
    var rest = argument[...]
    if rest.first == 0x22, let name = ArgumentWords.takeQuoted(&rest) {
      let words = rest.split(separator: 0x20)
      if words.isEmpty { return DigestArguments(pathname: name, range: nil, wholeArgument: nil) }
      guard words.count == 2, let range = range(words[0], words[1]) else { return nil }
      return DigestArguments(pathname: name, range: range, wholeArgument: nil)
    }
    if argument.first == 0x22 { return nil }
    let words = argument.split(separator: 0x20)
    guard words.count >= 3, let range = range(words[words.count - 2], words[words.count - 1]) else {
      return DigestArguments(pathname: argument, range: nil, wholeArgument: nil)
    }
    let end = words[words.count - 3].endIndex
    return DigestArguments(pathname: Array(argument[..<end]), range: range, wholeArgument: argument)
  }

  private static func range(_ start: ArraySlice<UInt8>, _ end: ArraySlice<UInt8>) -> Range<UInt64>? {
    guard let first = FileOffset.parse(start), let last = FileOffset.parse(end), first <= last else { return nil }
    return first..<last
  }
}
