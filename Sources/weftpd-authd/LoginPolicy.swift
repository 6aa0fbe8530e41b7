// Which local users may log in by FTP at all, whatever their password.

import Glibc
import LinuxSystem

/// The rules beside PAM's: no root, no system users, nobody of /etc/ftpusers, nobody without a shell of /etc/shells.
struct LoginPolicy {
  /// Users with a lower id are refused; root always is.
  let minimumUser: UInt32
  /// The names in /etc/ftpusers: those who may not. Source: ftpusers(5).
  let forbidden: Set<String>
  /// Source: shells(5).
  let shells: Set<String>

  init(minimumUser: UInt32, forbidden: Set<String>, shells: Set<String>) {
    self.minimumUser = minimumUser
    self.forbidden = forbidden
    self.shells = shells
  }

  /// Reads the system's files anew: they are short, and a change counts at once.
  ///
  /// - Throws: when a file is there but cannot be read: nobody is let in on the strength of a rule that could not be looked up.
  init(minimumUser: UInt32) throws(SystemError) {
    self.init(
      minimumUser: minimumUser, forbidden: Set(try Self.words(of: "/etc/ftpusers") ?? []),
      shells: Set(try Self.words(of: "/etc/shells") ?? ["/bin/sh", "/bin/csh"]))
  }

  /// Why the user may not log in; nil when he may.
  func objection(to user: SystemUser) -> String? {
    if user.user == 0 { return "it is root" }
    if user.user < minimumUser { return "uid \(user.user) is below \(minimumUser)" }
    if forbidden.contains(user.name) { return "it is in /etc/ftpusers" }
    if !shells.contains(user.shell.isEmpty ? "/bin/sh" : user.shell) { return "the shell is not in /etc/shells" }
    if user.home.utf8.first != 0x2F { return "the home is not an absolute path" }
    return nil
  }

  /// The first word of every line that is no comment; nil when there is no such file.
  static func words(in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let word = line.drop { $0 == " " || $0 == "\t" }.prefix { !" \t#\r".contains($0) }
      return word.isEmpty ? nil : String(word)
    }
  }

  private static func words(of path: String) throws(SystemError) -> [String]? {
    do throws(SystemError) {
      let file = try File.open(path, flags: 0)
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while bytes.count < 1 << 20 {
        let count = try chunk.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) -> Int in
          try File.read(file.number, into: UnsafeMutableRawBufferPointer(buffer), at: Int64(bytes.count))
        }
        if count == 0 { break }
        bytes += chunk[..<count]
      }
      return words(in: String(decoding: bytes, as: UTF8.self))
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }
}
