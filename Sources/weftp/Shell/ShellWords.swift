// Lines of a shell become words: quotes, backslashes, comments, and the & that sends a command into the background.

/// A line, taken apart.
struct ShellWords: Equatable {
  struct Word: Equatable {
    var text = ""
    /// Some of it was quoted, so that it is no pattern.
    var isQuoted = false
    /// Where it begins in the line, in characters.
    var start = 0
  }

  var words: [Word] = []
  /// It ends in `&`.
  var isBackground = false
  /// The quote that was not closed; nil: all were.
  var openQuote: Character?
  /// The line ends within a word, so that more letters would belong to it.
  var endsInWord = false

  var texts: [String] { words.map(\.text) }

  /// Takes a line apart. What `!` begins is one word: it is another shell's.
  init(_ line: String) {
    let letters = Array(line)
    var index = letters.firstIndex { $0 != " " && $0 != "\t" } ?? letters.count
    if index < letters.count, letters[index] == "!" {
      let rest = String(letters[(index + 1)...]).trimmingBlanks()
      words = [Word(text: "!", start: index), Word(text: rest, isQuoted: true, start: index + 1)]
      return
    }
    while index < letters.count {
      let letter = letters[index]
      if letter == " " || letter == "\t" {
        endsInWord = false
        index += 1
        continue
      }
      if !endsInWord {
        if letter == "#" { return }
        if letter == "&", letters[(index + 1)...].allSatisfy({ $0 == " " || $0 == "\t" }) {
          isBackground = true
          return
        }
        words.append(Word(start: index))
        endsInWord = true
      }
      index = read(letters, index)
    }
  }

  /// Reads one letter, or what a quote encloses. Gives the place behind it.
  private mutating func read(_ letters: [Character], _ start: Int) -> Int {
    let last = words.count - 1
    switch letters[start] {
    case "\\":
      words[last].isQuoted = true
      guard start + 1 < letters.count else { return start + 1 }
      words[last].text.append(letters[start + 1])
      return start + 2
    case "'", "\"":
      words[last].isQuoted = true
      let quote = letters[start]
      var index = start + 1
      while index < letters.count, letters[index] != quote {
        if quote == "\"", letters[index] == "\\", index + 1 < letters.count, "\"\\".contains(letters[index + 1]) {
          index += 1
        }
        words[last].text.append(letters[index])
        index += 1
      }
      if index >= letters.count { openQuote = quote }
      return index + 1
    default:
      words[last].text.append(letters[start])
      return start + 1
    }
  }

  /// A name as it has to be typed.
  static func quoted(_ name: String, within quote: Character? = nil) -> String {
    if let quote {
      return quote == "\"" ? name.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() : name
    }
    return name.map { " \t\\'\"&#!*?[];".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}

extension StringProtocol {
  /// Without blanks before and behind.
  func trimmingBlanks() -> String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
    while let last = text.last, last == " " || last == "\t" || last == "\r" { text = text.dropLast() }
    return String(text)
  }
}
