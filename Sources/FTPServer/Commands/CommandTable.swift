// What a row of a table of commands holds, and how a verb finds its row.

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
  /// Only for users whose entry has the option `admin`.
  static let administrators = CommandTraits(rawValue: 32)
  /// Ends the login of the moment: answered at once while a transfer runs, which is completed as it was begun.
  static let endsLogin = CommandTraits(rawValue: 64)
  /// Always refused with 504: known, and not worth a line in HELP.
  static let unlisted = CommandTraits(rawValue: 128)
}

/// One command. By reference: it is looked at for each line a client sends.
final class CommandRow: Sendable {
  enum Argument: Sendable { case none, optional, required }

  enum Handler: Sendable {
    /// A verb of a known RFC that is not built: 502.
    case missing
    case immediate(ImmediateHandler)
    /// Mostly answers at once, and else waits as the second one does.
    case prompt(PromptHandler, AnsweringHandler)
    /// Waits for something, and then returns its reply. What becomes of the data port is its own business.
    case answering(AnsweringHandler)
    /// Waits for something, and replies by itself.
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

  private init(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: Argument, _ traits: CommandTraits,
    _ feature: String?, _ handler: Handler
  ) {
    self.verb = verb
    self.syntax = syntax
    self.source = source
    self.argument = argument
    self.traits = traits
    self.feature = feature
    self.handler = handler
  }

  var isBuilt: Bool { if case .missing = handler { false } else { true } }
}

/// A handler that answers at once. What it throws is an ``FTPError``: closures do not carry typed errors yet.
typealias ImmediateHandler = @Sendable (isolated Session, Command) throws -> Reply
/// A handler that answers at once if it can; nil: it would have to wait.
typealias PromptHandler = @Sendable (isolated Session, Command) throws -> Reply?
/// A handler that waits for something and returns its reply.
typealias AnsweringHandler = @Sendable (isolated Session, Command) async throws -> Reply
/// A handler that waits for something and replies by itself.
typealias SuspendingHandler = @Sendable (isolated Session, Command) async throws -> Void

/// Rows by their verbs: a hash table of 256 places, found with one multiplication and hardly ever a second look.
struct VerbTable: Sendable {
  let rows: [CommandRow]
  private let places: [Int16]

  init(_ rows: [CommandRow]) {
    self.rows = rows
    var places = [Int16](repeating: -1, count: 256)
    for (index, row) in rows.enumerated() {
      var place = Self.hash(row.verb)
      while places[place] >= 0 { place = (place + 1) & 255 }
      places[place] = Int16(index)
    }
    self.places = places
  }

  private static func hash(_ verb: Verb) -> Int {
    Int(truncatingIfNeeded: (verb.packed &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }

  func row(_ verb: Verb) -> CommandRow? { index(verb).map { rows[$0] } }

  /// Where its row stands in ``rows``.
  func index(_ verb: Verb) -> Int? {
    var place = Self.hash(verb)
    while places[place] >= 0 {
      let index = Int(places[place])
      if rows[index].verb == verb { return index }
      place = (place + 1) & 255
    }
    return nil
  }
}

enum CommandTable {
  /// Every verb once; the families stand in CommandTable+Rows.swift.
  private static let table = VerbTable(
    login + security + parameters + dataPort + transfer + directory + file + digest + information)

  static var rows: [CommandRow] { table.rows }

  static func row(_ verb: Verb) -> CommandRow? { table.row(verb) }

  static func index(_ verb: Verb) -> Int? { table.index(verb) }
}

// MARK: makers of rows

extension CommandRow {
  /// A command that is answered at once.
  static func now(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping ImmediateHandler
  ) -> CommandRow { CommandRow(verb, syntax, source, argument, traits, feature, .immediate(handler)) }

  /// A command that is answered at once if that is possible, and else when what it waits for has come: `handler` begins anew then.
  static func promptly(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: Argument, _ traits: CommandTraits,
    feature: String? = nil, _ prompt: @escaping PromptHandler, otherwise handler: @escaping AnsweringHandler
  ) -> CommandRow { CommandRow(verb, syntax, source, argument, traits, feature, .prompt(prompt, handler)) }

  /// A command that is answered when its work is done.
  static func answering(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping AnsweringHandler
  ) -> CommandRow { CommandRow(verb, syntax, source, argument, traits, feature, .answering(handler)) }

  /// A command that waits and replies by itself, as transfers do.
  static func later(
    _ verb: Verb, _ syntax: String, _ source: String, _ argument: Argument, _ traits: CommandTraits,
    feature: String? = nil, _ handler: @escaping SuspendingHandler
  ) -> CommandRow { CommandRow(verb, syntax, source, argument, traits, feature, .suspending(handler)) }

  /// A verb of a known document that is not built.
  static func missing(_ verb: Verb, _ source: String) -> CommandRow {
    CommandRow(verb, "\(verb)", source, .optional, .beforeLogin, nil, .missing)
  }
}
