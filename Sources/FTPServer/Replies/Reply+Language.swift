// A reply in the language and the character set of its client.

import FTPProtocol

extension Reply {
  /// The same reply in `language`. What machines read stays: 213, 227, 228, 229 as a whole, the lines of FEAT, MLST, HELP and of
  /// listings, paths in quotes, "(NNN bytes)".
  func translated(to language: Language) -> Reply {
    // FEAT's lines and frame, addresses, sizes and listings: their words are part of the protocol.
    if [213, 227, 228, 229].contains(code) || opening == Reply.featuresOpening { return self }
    func other(_ text: [UInt8]) -> [UInt8] { Catalogue.translation(of: text, to: language) ?? text }
    let status = code == 211
    return mapped(opening: other, line: { status ? other($0) : $0 }, closing: other)
  }

  private static let featuresOpening = Array("Features:".utf8)
}
