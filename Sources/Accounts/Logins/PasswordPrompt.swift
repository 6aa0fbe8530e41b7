// Reads a password: from a terminal without showing it, twice; or as one line of a pipe or file.

import Glibc

/// Where a command reads a new password from. Never from an argument, because every user of the machine can see those.
public struct PasswordPrompt: Sendable {
  /// Why there is no password.
  public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The input ended before a password came.
    case missing
    /// The two passwords typed differ.
    case different
    /// The line is longer than any password may be.
    case tooLong
    /// The user pressed Ctrl-C.
    case interrupted
    /// Reading failed with this error number.
    case system(Int32)

    public var description: String {
      switch self {
      case .missing: "no password: type one, or give one as a line on standard input"
      case .different: "the two passwords differ: run the command again"
      case .tooLong: "the password is longer than \(PasswordHash.passwordLimit) bytes: choose a shorter one"
      case .interrupted: "interrupted: nothing was changed"
      case .system(let errno): "cannot read the password: \(systemText(errno))"
      }
    }
  }

  private let input: Int32
  private let output: Int32

  /// A prompt on the terminal (or pipe) `input` that writes its questions to `output`. Owns neither descriptor.
  public init(input: Int32 = STDIN_FILENO, output: Int32 = STDERR_FILENO) {
    self.input = input
    self.output = output
  }

  /// The new password of `user`. On a terminal it is asked for twice, with echo off; otherwise one line is read, whose
  /// LF or CRLF is not part of it.
  public func read(user: [UInt8]) throws(Failure) -> [UInt8] {
    var old = termios()
    guard isatty(input) == 1, tcgetattr(input, &old) == 0 else { return try readLine() }
    // Read keys one by one, and Ctrl-C as a byte, so that the terminal's settings are always restored.
    var raw = old
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    guard tcsetattr(input, TCSAFLUSH, &raw) == 0 else { throw .system(errno) }
    defer { _ = tcsetattr(input, TCSAFLUSH, &old) }
    let first = try ask("New password for \(Account.display(user)): ")
    let second = try ask("The same again: ")
    guard first == second else { throw .different }
    return first
  }

  private func ask(_ question: String) throws(Failure) -> [UInt8] {
    say(question)
    defer { say("\n") }
    var line: [UInt8] = []
    while true {
      switch try nextByte() {
      case 0x0A, 0x0D: return line
      case 0x03: throw .interrupted  // Ctrl-C
      case nil: throw .missing
      case 0x04: if line.isEmpty { throw .missing }  // Ctrl-D
      case 0x15: line.removeAll()  // Ctrl-U
      case 0x08, 0x7F:  // backspace: a whole UTF-8 character
        while let last = line.popLast(), last & 0xC0 == 0x80 {}
      case let byte?:
        line.append(byte)
        if line.count > PasswordHash.passwordLimit { throw .tooLong }
      }
    }
  }

  private func readLine() throws(Failure) -> [UInt8] {
    var line: [UInt8] = []
    // Byte by byte, so that whatever follows the line is left for the next reader.
    while let byte = try nextByte() {
      if byte == 0x0A {
        if line.last == 0x0D { line.removeLast() }
        return line
      }
      line.append(byte)
      if line.count > PasswordHash.passwordLimit + 1 { throw .tooLong }
    }
    if line.isEmpty { throw .missing }
    return line
  }

  private func nextByte() throws(Failure) -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = Glibc.read(input, &byte, 1)
      if count > 0 { return byte }
      if count == 0 { return nil }
      if errno != EINTR { throw .system(errno) }
    }
  }

  private func say(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
  }
}
