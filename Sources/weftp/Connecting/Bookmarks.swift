// Names for places on servers, kept in a file: `work:docs/a.txt` is docs/a.txt beneath the bookmark work.

import FTPClient
import Glibc
import LinuxSystem

/// The file of bookmarks: a line `name URL` for each.
struct Bookmarks {
  private(set) var places: [(name: String, url: String)] = []
  let path: String

  /// `$XDG_CONFIG_HOME/weftp/bookmarks`, or beneath `~/.config`.
  static var defaultPath: String {
    if let home = KnownServers.environment("XDG_CONFIG_HOME") { return "\(home)/weftp/bookmarks" }
    return "\(KnownServers.environment("HOME") ?? ".")/.config/weftp/bookmarks"
  }

  /// Reads a file; one that is not there is empty.
  init(_ path: String = Bookmarks.defaultPath) throws {
    self.path = path
    guard let text = try SecretFiles.readIfThere(path) else { return }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0].first != "#" { places.append((String(words[0]), String(words[1]))) }
    }
  }

  /// Whether a word can be a name: letters, digits, `-`, `_` and `.`; it begins with a letter or digit.
  static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter || first.isNumber else { return false }
    return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  func url(_ name: String) -> ServerURL? { places.first { $0.name == name }.flatMap { ServerURL($0.url) } }

  /// What `name:path` stands for; nil if there is no such bookmark, and for what has another form.
  static func expand(_ text: String) throws -> ServerURL? {
    guard let colon = text.firstIndex(of: ":"), isName(text[..<colon]), !text.contains("://") else { return nil }
    guard var url = try Bookmarks().url(String(text[..<colon])) else { return nil }
    let rest = Array(text[text.index(after: colon)...].utf8)
    if !rest.isEmpty { url.path = url.path.appending(rest) }
    return url
  }

  mutating func add(_ name: String, _ url: String) throws {
    places.removeAll { $0.name == name }
    places.append((name, url))
    places.sort { $0.name < $1.name }
    try save()
  }

  /// Removes a bookmark; false if there is none of the name.
  mutating func remove(_ name: String) throws -> Bool {
    let count = places.count
    places.removeAll { $0.name == name }
    if places.count == count { return false }
    try save()
    return true
  }

  private func save() throws {
    try StateFile.replace(path, places.map { "\($0.name) \($0.url)\n" }.joined())
  }
}

/// Files of weftp's own.
enum StateFile {
  /// Writes a file anew: it has all of the old text or all of the new one.
  static func replace(_ path: String, _ text: String) throws {
    try KnownServers.makeDirectories(above: path)
    let new = "\(path).new-\(getpid())"
    let file = try File.open(new, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    guard Output.write(file.number, Array(text.utf8)), rename(new, path) == 0 else {
      unlink(new)
      throw UnusableFile(description: "\(path) cannot be written")
    }
  }
}
