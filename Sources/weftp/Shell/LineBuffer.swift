// A line that is being edited: letters, a cursor, and what was cut. Pure.

struct LineBuffer: Equatable {
  private(set) var letters: [Character] = []
  /// Letters before the cursor.
  private(set) var cursor = 0
  private var cut: [Character] = []

  init(_ text: String = "") { set(text) }

  var text: String { String(letters) }
  var before: String { String(letters[..<cursor]) }
  var isAtEnd: Bool { cursor == letters.count }

  mutating func set(_ text: String) {
    letters = Array(text)
    cursor = letters.count
  }

  mutating func insert(_ text: String) {
    // A combining mark joins the letter before it, so the line is put together anew.
    let behind = letters[cursor...]
    let front = Array(String(letters[..<cursor]) + text)
    letters = front + behind
    cursor = front.count
  }

  /// Puts `text` in place of the letters from `start` to the cursor.
  mutating func replace(from start: Int, _ text: String) {
    letters.replaceSubrange(start..<cursor, with: Array(text))
    cursor = start + Array(text).count
  }

  mutating func move(_ steps: Int) { cursor = min(max(cursor + steps, 0), letters.count) }
  mutating func moveToStart() { cursor = 0 }
  mutating func moveToEnd() { cursor = letters.count }
  mutating func moveWord(forward: Bool) { cursor = forward ? wordEnd() : wordStart() }

  mutating func deleteBefore() {
    guard cursor > 0 else { return }
    cursor -= 1
    letters.remove(at: cursor)
  }

  mutating func deleteHere() { if cursor < letters.count { letters.remove(at: cursor) } }

  mutating func cutToEnd() {
    cut = Array(letters[cursor...])
    letters.removeSubrange(cursor...)
  }

  mutating func cutToStart() {
    cut = Array(letters[..<cursor])
    letters.removeSubrange(..<cursor)
    cursor = 0
  }

  /// Cuts the word before the cursor, up to the blank before it.
  mutating func cutWord() { cutBack(to: blankBefore()) }

  /// Cuts back to the beginning of the letters and digits before the cursor.
  mutating func cutPart() { cutBack(to: wordStart()) }

  private mutating func cutBack(to start: Int) {
    cut = Array(letters[start..<cursor])
    letters.removeSubrange(start..<cursor)
    cursor = start
  }

  mutating func paste() { insert(String(cut)) }

  /// Exchanges the two letters at the cursor.
  mutating func exchange() {
    guard cursor > 0, letters.count > 1 else { return }
    let at = min(cursor, letters.count - 1)
    letters.swapAt(at - 1, at)
    cursor = at + 1
  }

  private func blankBefore() -> Int {
    var index = cursor
    while index > 0, letters[index - 1] == " " { index -= 1 }
    while index > 0, letters[index - 1] != " " { index -= 1 }
    return index
  }

  private func wordStart() -> Int {
    var index = cursor
    while index > 0, !letters[index - 1].isLetter, !letters[index - 1].isNumber { index -= 1 }
    while index > 0, letters[index - 1].isLetter || letters[index - 1].isNumber { index -= 1 }
    return index
  }

  private func wordEnd() -> Int {
    var index = cursor
    while index < letters.count, !letters[index].isLetter, !letters[index].isNumber { index += 1 }
    while index < letters.count, letters[index].isLetter || letters[index].isNumber { index += 1 }
    return index
  }
}

/// Columns that text takes on a terminal.
enum TextWidth {
  static func of(_ text: some Sequence<Character>) -> Int { text.reduce(0) { $0 + of($1) } }

  static func of(_ letter: Character) -> Int {
    guard let scalar = letter.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0: return 0
    // East Asian wide letters and pictures.
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }
}
