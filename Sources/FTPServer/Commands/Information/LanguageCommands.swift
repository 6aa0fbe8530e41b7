// LANG (RFC 2640, section 4), and what OPTS UTF8 does.

import FTPProtocol

extension Session {
  /// LANG tag: replies are in that language from the answer on; LANG alone is English again.
  func language(_ command: Command) throws(FTPError) -> Reply {
    switch command.argument.isEmpty ? .english : Language.choice(command.argument) {
    case .english?:
      extras?.language = nil
      return Reply(200, "Language set to EN.")
    case .other(let language)?:
      makeExtras().language = language
      return Reply(200, "Language set to \(language.rawValue).")
    case nil where !Language.isTag(command.argument):
      throw .syntax("Usage: LANG [language tag], such as LANG de.")
    case nil:
      let names = ["EN"] + Language.allCases.map(\.rawValue)
      throw .parameter("This language is not available: use \(names.joined(separator: ", ")).")
    }
  }

  /// OPTS UTF8 [ON | OFF]. Names are bytes, and UTF-8 passes as it is, so clients hear 200 whatever they ask for; only users with a
  /// character set of their own have something to switch.
  func chooseUTF8(_ argument: [UInt8]) -> Reply {
    let isOff = Verb(argument) == "OFF"
    if !isOff || extras != nil { makeExtras().wantsUTF8 = !isOff }
    applyCharset()
    guard extras?.charset != nil, let name = identity?.account.options.charset else {
      return Reply(200, "Names are UTF-8.")
    }
    return Reply(200, "Names are in \(name) again.")
  }
}
