// A small line editor for terminals: keys, history, search, completion. It blocks the thread it is called on.

import Glibc
import Synchronization

/// What completion has found.
struct Completion: Equatable {
  /// Where the word begins that is completed, in letters of the line.
  var start = 0
  /// Whole words to put there, as they have to be typed; a directory ends in `/`.
  var words: [String] = []
}

/// Reads lines from the terminal at descriptor 0 and draws on descriptor 1.
final class LineEditor {
  enum Answer: Equatable {
    case line(String)
    /// Ctrl-C: the line is thrown away.
    case interrupted
    /// Ctrl-D on an empty line.
    case ended
  }

  private let complete: (String) -> Completion
  private var old = termios()
  private var buffer = LineBuffer()
  private var keys = KeyReader()
  private var drawnPrompt = ""
  /// The first letter that is shown, of a line that is wider than the terminal.
  private var scroll = 0

  init(complete: @escaping (String) -> Completion) { self.complete = complete }

  static var isPossible: Bool { isatty(0) == 1 && isatty(1) == 1 && KnownServers.environment("TERM") != "dumb" }

  /// Reads one line.
  func read(prompt: String, history: [String]) -> Answer {
    guard tcgetattr(0, &old) == 0 else { return .ended }
    var raw = old
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
    guard tcsetattr(0, TCSADRAIN, &raw) == 0 else { return .ended }
    defer { _ = tcsetattr(0, TCSADRAIN, &old) }
    buffer = LineBuffer()
    scroll = 0
    drawnPrompt = prompt
    // Lines of before, with the one being typed behind them; what is changed while looking is forgotten.
    var lines = history + [""]
    var place = lines.count - 1
    var isSecondTab = false
    draw()
    while let key = keys.next() {
      let wasTab = isSecondTab
      isSecondTab = false
      switch key {
      case .enter:
        buffer.moveToEnd()
        draw()
        write("\r\n")
        return .line(buffer.text)
      case .control("c"):
        write("^C\r\n")
        return .interrupted
      case .control("d") where buffer.text.isEmpty:
        write("\r\n")
        return .ended
      case .up, .control("p"): step(-1, &lines, &place)
      case .down, .control("n"): step(1, &lines, &place)
      case .tab: isSecondTab = !completeWord(listing: wasTab)
      case .control("r"): search(lines.dropLast())
      case .control("l"): write("\u{1B}[H\u{1B}[2J")
      default: edit(key)
      }
      draw()
    }
    return .ended
  }

  private func edit(_ key: Key) {
    switch key {
    case .text(let text): buffer.insert(text)
    case .backspace, .control("h"): buffer.deleteBefore()
    case .delete, .control("d"): buffer.deleteHere()
    case .left, .control("b"): buffer.move(-1)
    case .right, .control("f"): buffer.move(1)
    case .home, .control("a"): buffer.moveToStart()
    case .end, .control("e"): buffer.moveToEnd()
    case .alt("b"): buffer.moveWord(forward: false)
    case .alt("f"): buffer.moveWord(forward: true)
    case .control("k"): buffer.cutToEnd()
    case .control("u"): buffer.cutToStart()
    case .control("w"): buffer.cutWord()
    case .alt("\u{7F}"): buffer.cutPart()
    case .control("y"): buffer.paste()
    case .control("t"): buffer.exchange()
    default: break
    }
  }

  private func step(_ step: Int, _ lines: inout [String], _ place: inout Int) {
    let next = place + step
    guard lines.indices.contains(next) else { return }
    lines[place] = buffer.text
    place = next
    buffer.set(lines[place])
  }

  /// Searches backwards while letters come; any other key takes what was found.
  private func search(_ lines: ArraySlice<String>) {
    var wanted = ""
    var end = lines.endIndex
    let prompt = drawnPrompt
    defer { drawnPrompt = prompt }
    while true {
      drawnPrompt = "(search) '\(wanted)': "
      draw()
      guard let key = keys.next() else { return }
      switch key {
      case .text(let text):
        wanted += text
        end = lines.endIndex
      case .backspace: wanted = String(wanted.dropLast())
      case .control("r"): break
      case .control("g"), .control("c"): return buffer.set("")
      default:
        keys.putBack(key)
        return
      }
      guard let found = lines[..<end].lastIndex(where: { $0.contains(wanted) }) else { continue }
      end = found
      buffer.set(lines[found])
    }
  }

  // MARK: completion

  /// Completes the word before the cursor as far as it is certain.
  ///
  /// - Returns: whether something was put in.
  private func completeWord(listing: Bool) -> Bool {
    let found = complete(buffer.before)
    guard let first = found.words.first else {
      write("\u{7}")
      return true
    }
    let typed = String(buffer.before.dropFirst(found.start))
    if found.words.count == 1 {
      buffer.replace(from: found.start, first.hasSuffix("/") ? first : first + " ")
      return true
    }
    let common = LineEditor.commonPrefix(found.words)
    if common.count > typed.count || (common != typed && common.lowercased() == typed.lowercased()) {
      buffer.replace(from: found.start, common)
      return true
    }
    if listing { list(found.words) } else { write("\u{7}") }
    return false
  }

  static func commonPrefix(_ words: [String]) -> String {
    guard var common = words.first.map(Array.init) else { return "" }
    for word in words.dropFirst() {
      let same = zip(common, word).prefix { $0 == $1 }.count
      common = Array(common[..<same])
    }
    return String(common)
  }

  private func list(_ words: [String]) {
    write("\r\n")
    let shown = words.prefix(200)
    let width = (shown.map { TextWidth.of($0) }.max() ?? 1) + 2
    let columns = max(1, Terminal.width / width)
    let rows = (shown.count + columns - 1) / columns
    for row in 0..<rows {
      let line = stride(from: row, to: shown.count, by: rows).map { index -> String in
        shown[index] + String(repeating: " ", count: max(0, width - TextWidth.of(shown[index])))
      }
      write(line.joined() + "\r\n")
    }
    if words.count > shown.count { write("… \(words.count - shown.count) more\r\n") }
  }

  // MARK: drawing

  private func draw() {
    let room = max(10, Terminal.width - TextWidth.of(drawnPrompt) - 1)
    let letters = buffer.letters
    scroll = min(scroll, buffer.cursor)
    while TextWidth.of(letters[scroll..<buffer.cursor]) > room { scroll += 1 }
    while scroll > 0, TextWidth.of(letters[(scroll - 1)...]) <= room { scroll -= 1 }
    var shown = ""
    var used = 0
    for letter in letters[scroll...] {
      used += TextWidth.of(letter)
      if used > room { break }
      shown.append(letter)
    }
    let column = TextWidth.of(drawnPrompt) + TextWidth.of(letters[scroll..<buffer.cursor])
    write("\r\(drawnPrompt)\(shown)\u{1B}[K\r" + (column > 0 ? "\u{1B}[\(column)C" : ""))
  }

  private func write(_ text: String) { Output.write(1, Array(text.utf8)) }
}

enum Terminal {
  /// Columns of the terminal; 80 if nobody knows.
  static var width: Int {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col)
  }
}
