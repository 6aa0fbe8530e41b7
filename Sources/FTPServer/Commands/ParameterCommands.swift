// TYPE, MODE, STRU (RFC 959, section 4.1.2), OPTS (RFC 2389), CLNT, CSID.

import FTPProtocol

extension Session {
  func type(_ command: Command) throws(FTPError) -> Reply {
    let type: RepresentationType
    do {
      type = try RepresentationType.parse(command.argument)
    } catch {
      switch error {
      case .syntax: throw .syntax("Usage: TYPE A [N] | I | L 8")
      case .byteSize: throw Self.typeNotOffered
      }
    }
    guard type == .image || type == .ascii(.nonPrint) else { throw Self.typeNotOffered }
    parameters.isTypeChosen = true
    parameters.type = type
    return type.isText ? Reply(200, "Type set to A.") : Reply(200, "Type set to I.")
  }

  private static let typeNotOffered = FTPError.parameter("This TYPE is not supported: use A, A N, I or L 8.")

  func mode(_ command: Command) throws(FTPError) -> Reply {
    try choose(command, offered: "S", known: ["S", "B", "C", "Z"], done: Reply(200, "Mode set to S."))
  }

  func structure(_ command: Command) throws(FTPError) -> Reply {
    try choose(command, offered: "F", known: ["F", "R", "P"], done: Reply(200, "Structure set to F."))
  }

  private func choose(
    _ command: Command, offered: String, known: [String], done: Reply
  ) throws(FTPError) -> Reply {
    let value = String(decoding: command.argument, as: UTF8.self).uppercased()
    if value == offered { return done }
    if known.contains(value) { throw .parameter("\(command.verb) \(value) is not supported: use \(offered).") }
    throw .syntax("Usage: \(command.verb) \(offered)")
  }

  func options(_ command: Command) throws(FTPError) -> Reply {
    let words = command.argument.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: true)
    guard let first = words.first else { throw .syntax("Usage: OPTS <command> [options]") }
    switch String(decoding: first, as: UTF8.self).uppercased() {
    case "UTF8", "UTF-8": return chooseUTF8(words.count > 1 ? Array(words[1]) : [])
    case "MLST":
      parameters.facts = FactSet(optsArgument: words.count > 1 ? Array(words[1]) : [])
      return Reply(200, bytes: parameters.facts.optsReply)
    case "HASH": return try digestOptions(words.count > 1 ? Array(words[1]) : [])
    case "MDTM": return try timeOptions(words.count > 1 ? Array(words[1]) : [])
    default: throw .syntax("OPTS is known for UTF8, MLST, MDTM and HASH.")
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
    context.logger.event(
      .debug, "client", record(verb: command.verb, note: String(decoding: command.argument.prefix(128), as: UTF8.self)))
    return Reply(200, "Noted.")
  }
}
