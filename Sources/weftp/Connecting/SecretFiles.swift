// Files with passwords in them, which nobody else may read, and what is asked of a person.

import ArgumentParser
import Glibc
import LinuxSystem

/// Why a file of passwords, or of known servers, is not used.
struct UnusableFile: Error, CustomStringConvertible {
  let description: String
}

enum SecretFiles {
  private static let limit = 1 << 20

  /// The text of a file that belongs to this user and that nobody else may read or write.
  static func read(_ path: String) throws -> String {
    let text: String?
    do throws(SystemError) { text = try readIfThere(path) } catch {
      throw UnusableFile(description: "\(path): \(error.reason)")
    }
    guard let text else { throw UnusableFile(description: "\(path): there is no such file") }
    let status = try File.status(at: path)
    guard status.permissions & 0o077 == 0 else {
      throw UnusableFile(description: "\(path) can be read by others, so it is not used: chmod 600 \(path)")
    }
    guard status.owner == ThisProcess.user || status.owner == 0 else {
      throw UnusableFile(description: "\(path) belongs to somebody else, so it is not used")
    }
    return text
  }

  /// The text of a file; nil if there is none.
  static func readIfThere(_ path: String) throws(SystemError) -> String? {
    guard File.exists(path) else { return nil }
    let file = try File.open(path, flags: O_RDONLY)
    var bytes: [UInt8] = []
    while bytes.count < limit {
      var piece = [UInt8](repeating: 0, count: 65536)
      let count = try piece.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
        try File.read(file.number, into: UnsafeMutableRawBufferPointer(buffer), at: Int64(bytes.count))
      }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first line of a text.
  static func firstLine(_ text: String) -> String { String(text.prefix { $0 != "\n" && $0 != "\r\n" && $0 != "\r" }) }

  /// Asks on the terminal, without showing what is typed; nil where there is no terminal.
  static func ask(_ question: String) -> String? {
    guard let terminal = try? File.open("/dev/tty", flags: O_RDWR) else { return nil }
    let number = terminal.number
    var old = termios()
    guard tcgetattr(number, &old) == 0 else { return nil }
    var silent = old
    silent.c_lflag &= ~tcflag_t(ECHO)
    guard tcsetattr(number, TCSAFLUSH, &silent) == 0 else { return nil }
    defer {
      _ = tcsetattr(number, TCSAFLUSH, &old)
      Output.write(number, [0x0A])
    }
    Output.write(number, Array(question.utf8))
    return readLine(number)
  }

  private static func readLine(_ number: Int32) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 4096 {
      let count = Glibc.read(number, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return nil }
      if byte == 0x0A { break }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }
}
