// What a row of the command table holds, and how a verb finds its row.

import FTPProtocol

/// What the gates in front of a handler have to know of a command.
struct CommandTraits: OptionSet, Sendable {
  let rawValue: UInt8
  /// Allowed before a login.
  static let beforeLogin = CommandTraits(rawValue: 1)
  /// Answered at once while a transfer runs; the others wait for its end.
  static let duringTransfer = CommandTraits(rawValue: 2)
  /// Leaves the offset of REST for the transfer command to come.
  static let keepsRestart = CommandTraits(rawValue: 4)
  /// May stand between RNFR and RNTO.
  static let keepsRename = CommandTraits(rawValue: 8)
  /// An argument where there should be none is an error, not noise.
  static let strictArgument = CommandTraits(rawValue: 16)
}

/// One command.
struct CommandRow: Sendable {
  enum Argument: Sendable { case none, optional, required }

  enum Handler: Sendable {
    /// A verb of a known RFC that is not built: 502.
    case missing
    case immediate(ImmediateHandler)
    case suspending(SuspendingHandler)
  }

  let verb: Verb
  let syntax: String
  /// The RFC and section that define it.
  let source: String
  let argument: Argument
  let traits: CommandTraits
  /// Its line in the FEAT reply, if it has one.
  let feature: String?
  let handler: Handler

  var isBuilt: Bool { if case .missing = handler { false } else { true } }

}

/// A handler that answers at once. What it throws is an ``FTPError``: closures do not carry typed errors yet.
typealias ImmediateHandler = @Sendable (isolated Session, Command) throws -> Reply
/// A handler that waits for something and replies by itself.
typealias SuspendingHandler = @Sendable (isolated Session, Command) async throws -> Void

enum CommandTable {
  /// Every verb once; the families stand in CommandTable+Rows.swift.
  static let rows: [CommandRow] =
    login + security + parameters + dataPort + transfer + directory + file + digest + information

  /// Where each verb's row is: a hash table of 256 places, found with one multiplication and hardly ever a second look.
  private static let places: [Int16] = {
    var places = [Int16](repeating: -1, count: 256)
    for (index, row) in rows.enumerated() {
      var place = hash(row.verb)
      while places[place] >= 0 { place = (place + 1) & 255 }
      places[place] = Int16(index)
    }
    return places
  }()

  private static func hash(_ verb: Verb) -> Int {
    Int(truncatingIfNeeded: (verb.packed &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }

  static func row(_ verb: Verb) -> CommandRow? {
    var place = hash(verb)
    while places[place] >= 0 {
      let row = rows[Int(places[place])]
      if row.verb == verb { return row }
      place = (place + 1) & 255
    }
    return nil
  }

  // MARK: makers of rows

  static func now(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: CommandRow.Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping ImmediateHandler
  ) -> CommandRow {
    CommandRow(
      verb: verb, syntax: syntax, source: source, argument: argument, traits: traits, feature: feature,
      handler: .immediate(handler))
  }

  static func later(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: CommandRow.Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping SuspendingHandler
  ) -> CommandRow {
    CommandRow(
      verb: verb, syntax: syntax, source: source, argument: argument, traits: traits, feature: feature,
      handler: .suspending(handler))
  }

  static func missing(_ verb: Verb, _ source: String) -> CommandRow {
    CommandRow(
      verb: verb, syntax: "\(verb)", source: source, argument: .optional, traits: .beforeLogin, feature: nil,
      handler: .missing)
  }
}
