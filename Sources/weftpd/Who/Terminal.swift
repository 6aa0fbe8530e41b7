// The terminal of a program that fills the screen: raw keys, the alternate screen, its size, and everything put back at the end.

import Glibc
import LinuxSystem

/// A terminal taken over until ``giveBack()``.
struct Terminal: ~Copyable {
  /// What was pressed.
  enum Key: Equatable {
    case character(Character)
    case enter, escape, backspace, up, down, pageUp, pageDown, home
    /// The terminal is gone.
    case end
  }

  private let before: termios

  /// Nil where standard input or output is no terminal.
  init?() {
    var state = termios()
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &state) == 0 else {
      return nil
    }
    before = state
    state.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    state.c_iflag &= ~tcflag_t(IXON | ICRNL)
    tcsetattr(STDIN_FILENO, TCSANOW, &state)
    // The alternate screen, and no cursor (xterm control sequences, DECSET 1049 and 25).
    write("\u{1B}[?1049h\u{1B}[?25l", to: STDOUT_FILENO)
  }

  /// Puts back what was there.
  consuming func giveBack() {
    var state = before
    tcsetattr(STDIN_FILENO, TCSANOW, &state)
    write("\u{1B}[?25h\u{1B}[?1049l", to: STDOUT_FILENO)
  }

  /// Columns and rows.
  static func size(_ descriptor: Int32 = STDOUT_FILENO) -> (columns: Int, rows: Int)? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// The keys that have been pressed, after waiting for one for so long.
  func keys(within milliseconds: Int32) -> [Key] {
    guard Poll.wait(STDIN_FILENO, .readable, milliseconds: milliseconds) else { return [] }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    if count <= 0 { return count < 0 && errno == EINTR ? [] : [.end] }
    return Self.keys(Array(bytes[..<count]))
  }

  /// What the bytes of a terminal mean (ECMA-48 and xterm's keys).
  static func keys(_ bytes: [UInt8]) -> [Key] {
    var keys: [Key] = []
    var rest = bytes[...]
    let sequences: [([UInt8], Key)] = [
      (Array("\u{1B}[A".utf8), .up), (Array("\u{1B}[B".utf8), .down), (Array("\u{1B}OA".utf8), .up),
      (Array("\u{1B}OB".utf8), .down), (Array("\u{1B}[5~".utf8), .pageUp), (Array("\u{1B}[6~".utf8), .pageDown),
      (Array("\u{1B}[H".utf8), .home), (Array("\u{1B}OH".utf8), .home), (Array("\u{1B}[1~".utf8), .home),
    ]
    while let first = rest.first {
      if let (sequence, key) = sequences.first(where: { rest.starts(with: $0.0) }) {
        keys.append(key)
        rest = rest.dropFirst(sequence.count)
      } else if first == 0x1B, rest.count > 1 {
        // A key nobody asked for: to its last byte.
        rest = rest.dropFirst(2).drop { !(0x40...0x7E ~= $0) }.dropFirst()
      } else {
        switch first {
        case 0x1B: keys.append(.escape)
        case 0x0D, 0x0A: keys.append(.enter)
        case 0x7F, 0x08: keys.append(.backspace)
        case 0x03, 0x04: keys.append(.end)
        case 0x20...0x7E: keys.append(.character(Character(Unicode.Scalar(first))))
        default: break
        }
        rest = rest.dropFirst()
      }
    }
    return keys
  }
}
