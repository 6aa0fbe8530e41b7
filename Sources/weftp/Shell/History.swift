// The lines that were typed, kept from one session to the next. Lines with passwords in them are not.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem

struct History {
  static let limit = 1000
  private(set) var lines: [String] = []
  private let path: String?

  /// Reads the file; one that is not there is empty.
  ///
  /// - Parameter path: nil: nothing is kept.
  init(_ path: String?) {
    self.path = path
    guard let path, let text = try? SecretFiles.readIfThere(path) else { return }
    lines = text.split(separator: "\n").suffix(History.limit).map(String.init)
  }

  /// `$XDG_STATE_HOME/weftp/history`, or beneath `~/.local/state`.
  static var defaultPath: String? {
    if let state = KnownServers.environment("XDG_STATE_HOME") { return "\(state)/weftp/history" }
    return KnownServers.environment("HOME").map { "\($0)/.local/state/weftp/history" }
  }

  /// Adds a line, unless it is that before it, begins with a blank or holds a password.
  mutating func add(_ line: String) {
    guard let first = line.first, first != " ", line != lines.last, !History.holdsSecret(line) else { return }
    lines.append(line)
    if lines.count > History.limit { lines.removeFirst(lines.count - History.limit) }
    save(line)
  }

  /// Whether a line may hold a password: a URL with one, PASS or ACCT by quote.
  static func holdsSecret(_ line: String) -> Bool {
    let words = ShellWords(line).texts
    if words.contains(where: hasPassword) { return true }
    let upper = words.map { $0.uppercased() }
    return upper.first == "QUOTE" && upper.dropFirst().first.map { ["PASS", "ACCT"].contains($0) } == true
  }

  /// What has `user:word@` in it, whether or not it is a URL that can be read.
  private static func hasPassword(_ word: String) -> Bool {
    let bytes = Array(word.utf8)
    guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), bytes[..<at].elementsEqualAnywhere("://") else {
      return false
    }
    let authority = bytes[..<at].split(separator: UInt8(ascii: "/")).last ?? []
    return authority.contains(UInt8(ascii: ":"))
  }

  /// The line is written at the end; when the file has become long, it is written anew.
  private func save(_ line: String) {
    guard let path else { return }
    do {
      try KnownServers.makeDirectories(above: path)
      let file = try File.open(path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
      guard Output.write(file.number, Array("\(line)\n".utf8)) else { return }
      if try File.status(file.number).size > 1 << 20 {
        let whole = try File.open(path, flags: O_WRONLY | O_TRUNC, mode: 0o600)
        Output.write(whole.number, Array((lines.joined(separator: "\n") + "\n").utf8))
      }
    } catch {
      // A home that cannot be written to: the history lasts as long as the shell.
    }
  }
}

extension Collection where Element == UInt8 {
  /// Whether `text` is somewhere in it.
  func elementsEqualAnywhere(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    var rest = self[...]
    while rest.count >= wanted.count {
      if rest.prefix(wanted.count).elementsEqual(wanted) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
