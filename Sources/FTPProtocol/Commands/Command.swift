// One command as the client sent it: a name and the bytes of its argument.

/// A command (RFC 959 §5.3): the name, then, after exactly one space, the argument.
public struct Command: Hashable, Sendable {
  /// The name, folded to upper case.
  public var verb: Verb
  /// The bytes after exactly one space, Telnet-unescaped, without NUL; empty if there are none.
  ///
  /// Blanks at its start or end belong to it: they may be part of a file name.
  public var argument: [UInt8]

  public init(verb: Verb, argument: [UInt8] = []) {
    self.verb = verb
    self.argument = argument
  }

  /// Splits a line (without its line end) at the first space.
  ///
  /// - Returns: nil if what stands before the first space is not a verb.
  public init?(line: UnsafeRawBufferPointer) {
    // The name ends within nine bytes or it is none, so there is no need to look further for the space.
    let nameEnd = line.prefix(9).firstIndex(of: 0x20) ?? line.count
    guard let verb = Verb(UnsafeRawBufferPointer(rebasing: line[..<nameEnd])) else { return nil }
    self.verb = verb
    let argumentStart = nameEnd &+ 1
    argument = argumentStart < line.count ? Array(line[argumentStart...]) : []
  }

  /// The argument read as a command of its own, as in `SITE CHMOD 644 name` or `OPTS UTF8 ON`.
  public var subcommand: Command? { argument.withUnsafeBytes { Command(line: $0) } }
}
