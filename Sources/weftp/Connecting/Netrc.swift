// Reads the file that ftp(1) keeps logins in.

import FTPClient
import LinuxSystem

/// The logins of a netrc file.
struct Netrc {
  struct Login: Equatable {
    var user: String?
    var password: String?
    var account: String?
  }

  /// By host; nil is the default.
  private(set) var logins: [(host: String?, login: Login)] = []

  /// Reads the words of a file: `machine HOST login USER password WORD account WORD`, or `default` for `machine HOST`. Macros are passed
  /// over. A word may be in double quotes.
  init(_ text: String) {
    var words = Netrc.words(text)[...]
    while let word = words.popFirst() {
      switch word {
      case "machine": logins.append((words.popFirst()?.lowercased(), Login()))
      case "default": logins.append((nil, Login()))
      case "login": change(words.popFirst()) { $0.user = $1 }
      case "password": change(words.popFirst()) { $0.password = $1 }
      case "account": change(words.popFirst()) { $0.account = $1 }
      case "macdef":
        // It ends with an empty line, which the words tell by an empty one.
        while let next = words.popFirst(), !next.isEmpty {}
      default: continue
      }
    }
  }

  private mutating func change(_ word: String?, _ set: (inout Login, String) -> Void) {
    guard let word, !logins.isEmpty else { return }
    set(&logins[logins.count - 1].login, word)
  }

  /// The login for a host, and for a user if one is asked for.
  func login(host: String, user: String?) -> Login? {
    let fitting = logins.filter { $0.host == nil || $0.host == host.lowercased() }
    return fitting.first { user == nil || $0.login.user == user }?.login
  }

  /// An empty word stands for an empty line.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var rest = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
      if rest.isEmpty {
        words.append("")
        continue
      }
      while !rest.isEmpty {
        var word = ""
        if rest.first == "\"" {
          rest = rest.dropFirst()
          while let letter = rest.popFirst(), letter != "\"" {
            word.append(letter == "\\" ? rest.popFirst() ?? letter : letter)
          }
        } else {
          word = String(rest.prefix { $0 != " " && $0 != "\t" && $0 != "\r" })
          rest = rest.dropFirst(word.count)
        }
        if word.first == "#" { break }
        words.append(word)
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
      }
    }
    return words
  }
}
