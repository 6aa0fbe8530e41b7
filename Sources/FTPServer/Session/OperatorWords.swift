// Which replies can carry what the operator says to a client that has asked nothing.

import FTPProtocol

/// FTP has no message that a server could send unasked: a line out of turn would be taken for the reply to the next command. But a reply
/// may have several lines (RFC 959, section 4.2), and every client passes over those before the last.
enum OperatorWords {
  /// Whether words may stand before a reply. Only those replies carry them of which programs read nothing but the code: not those whose text
  /// holds an address, a size, a name or a list (227, 229, 213, 257, SITE, OPTS, …), no refusals, and none that have several lines already.
  static func canStand(before reply: Reply, to verb: Verb) -> Bool {
    reply.opening == nil && codes.contains(reply.code) && verbs.contains(verb)
  }

  private static let codes: Set<UInt16> = [200, 226, 250]

  private static let verbs: Set<Verb> = [
    "NOOP", "CWD", "XCWD", "CDUP", "XCUP", "TYPE", "DELE", "RMD", "XRMD", "RNTO", "RETR", "STOR", "APPE", "LIST",
    "NLST", "MLSD",
  ]
}
