// Takes arguments of several words apart, quoted where a name holds blanks.

/// Words separated by blanks; a word in double quotes may hold blanks, and a quote as two (as RFC 959, appendix II writes names).
public enum ArgumentWords {
  /// The words of `argument`.
  ///
  /// A quote begins a quoted word only at a word's start; elsewhere it is a character like any other.
  ///
  /// - Returns: nil when a quoted word does not end, is empty, or is not followed by a blank.
  public static func split(_ argument: [UInt8]) -> [[UInt8]]? {
    var words: [[UInt8]] = []
    var rest = argument[...]
    while let first = rest.first {
      if first == 0x20 {
        rest = rest.dropFirst()
      } else if first == 0x22 {
        guard let word = takeQuoted(&rest) else { return nil }
        words.append(word)
      } else {
        let end = rest.firstIndex(of: 0x20) ?? rest.endIndex
        words.append(Array(rest[..<end]))
        rest = rest[end...]
      }
    }
    return words
  }

  /// Takes a quoted word and the blank after it off the front of `text`; nil if it is malformed.
  static func takeQuoted(_ text: inout ArraySlice<UInt8>) -> [UInt8]? {
    var word: [UInt8] = []
    var index = text.index(after: text.startIndex)
    while index < text.endIndex {
      if text[index] == 0x22 {
        let next = index + 1
        guard next < text.endIndex, text[next] == 0x22 else {
          text = text[next...]
          guard !word.isEmpty, text.first == nil || text.first == 0x20 else { return nil }
          return word
        }
        index = next
      }
      word.append(text[index])
      index += 1
    }
    return nil
  }
}
