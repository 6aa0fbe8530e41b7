// Servers whose keys were accepted once, so that another key is noticed: trust on first use.

import FTPClient
import Glibc
import LinuxSystem
import TransportSecurity

/// The file of known servers: a line `host:port sha256/…` for each.
struct KnownServers {
  private(set) var pins: [String: PublicKeyPin] = [:]
  let path: String

  /// Reads a file; one that is not there is empty.
  init(_ path: String) throws {
    self.path = path
    guard let text = try SecretFiles.readIfThere(path) else { return }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 2, words[0].first != "#", let pin = PublicKeyPin(String(words[1])) else { continue }
      pins[String(words[0])] = pin
    }
  }

  /// `$XDG_CONFIG_HOME/weftp/known_servers`, or beneath `~/.config`.
  static var defaultPath: String {
    if let home = environment("XDG_CONFIG_HOME") { return "\(home)/weftp/known_servers" }
    return "\(environment("HOME") ?? ".")/.config/weftp/known_servers"
  }

  static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The line of a server.
  static func line(_ place: String, _ pin: PublicKeyPin) -> String { "\(place) \(pin)\n" }

  /// Adds a server to the file, which is made if need be.
  static func add(_ place: String, _ pin: PublicKeyPin, to path: String) throws {
    try makeDirectories(above: path)
    let file = try File.open(path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    guard Output.write(file.number, Array(line(place, pin).utf8)) else {
      throw UnusableFile(description: "\(path) cannot be written")
    }
  }

  /// Makes the directories that a file of weftp's own is in, for nobody else to read.
  static func makeDirectories(above path: String) throws {
    let parts = path.split(separator: "/").dropLast()
    var directory = path.hasPrefix("/") ? "" : "."
    for part in parts {
      directory += "/\(part)"
      if mkdir(directory, 0o700) != 0, errno != EEXIST {
        throw UnusableFile(description: "\(directory) cannot be made")
      }
    }
  }

  /// What is answered when nobody vouches for a server.
  ///
  /// - Parameter ask: whether a person accepts it; nil where there is nobody to ask.
  func answer(
    _ server: UntrustedServer, at place: String, ask: (String) -> Bool?
  ) -> FirstUseAnswer {
    guard let pin = server.certificate.pin else { return .refuse }
    if let known = pins[place] { return known == pin ? .accept : .refuseChangedKey(known: known) }
    let problems = server.problems.map(\.description).joined(separator: "; ")
    let question =
      "\(place) is not known: \(problems)\n  subject  \(Output.printable(Array(server.certificate.subject.utf8)))\n  key      \(pin)\nBelieve it, now and later?"
    switch ask(question) {
    case true?:
      do { try KnownServers.add(place, pin, to: path) } catch { Output.note("\(error)") }
      return .accept
    case false?: return .refuse
    case nil:
      Output.note("nobody vouches for \(place). To believe it, add this line to \(path):\n  \(place) \(pin)")
      return .refuse
    }
  }
}
