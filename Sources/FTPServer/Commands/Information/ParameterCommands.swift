// OPTS (RFC 2389), CLNT, CSID.

import FTPProtocol

extension Session {
  func options(_ command: Command) throws(FTPError) -> Reply {
    let words = command.argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard let first = words.first else { throw .syntax("Usage: OPTS <command> [options]") }
    switch String(decoding: first, as: UTF8.self).uppercased() {
    case "UTF8", "UTF-8": return chooseUTF8(words.count > 1 ? Array(words[1]) : [])
    case "MLST":
      parameters.facts = FactSet(optsArgument: words.count > 1 ? Array(words[1]) : [])
      return Reply(200, bytes: parameters.facts.optsReply)
    case "HASH": return try digestOptions(words.count > 1 ? Array(words[1]) : [])
    case "LIMITS": return try limitOptions(words.count > 1 ? Array(words[1]) : [])
    case "MDTM": return try timeOptions(words.count > 1 ? Array(words[1]) : [])
    case "MODE": return try modeOptions(words.count > 1 ? Array(words[1]) : [])
    default: throw .syntax("OPTS is supported for HASH, LIMITS, MDTM, MLST, MODE and UTF8.")
    }
  }

  /// CSID: who client and server are. Neither version nor system is told: they help nobody but an attacker.
  func clientAndServer(_ command: Command) throws(FTPError) -> Reply {
    guard Verb(Array(command.argument.prefix(4))) == "NAME", command.argument.dropFirst(4).first == 0x3D else {
      throw .syntax("Usage: CSID Name=<client>; Version=<version>;")
    }
    _ = try client(command)
    return Reply(200, "Name=weftpd; CaseSensitive=1; DirSep=/;")
  }

  func client(_ command: Command) throws(FTPError) -> Reply {
    tell(
      .debug, "client", record(verb: command.verb, note: String(decoding: command.argument.prefix(128), as: UTF8.self)))
    return Reply(200, "Noted.")
  }
}
