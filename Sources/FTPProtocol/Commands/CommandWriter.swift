// Writes commands as they go over the control connection, for a client: one line each, whatever the argument.

/// The counterpart of ``CommandReader``: from a ``Command`` to its line.
public enum CommandWriter {
  /// Why an argument cannot be sent.
  public enum WriteError: Error, Sendable, Hashable {
    /// It holds a CR or an LF. What follows would be a command of its own.
    case containsLineEnd
    /// It holds a NUL, which Telnet does not let through and no file name has.
    case containsNUL
  }

  /// `IAC IP IAC DM`, to be sent in front of ABOR or STAT during a transfer (RFC 959 §4.1.3; RFC 854: the last byte as urgent data). Not
  /// under TLS, where most servers do not expect it.
  public static let interrupt: [UInt8] = [0xFF, 0xF4, 0xFF, 0xF2]

  /// Appends the line of a command: its name, one space and the argument if there is one, CR LF. A 0xFF in the argument is doubled
  /// (Telnet, RFC 854).
  ///
  /// Nothing is appended if an error is thrown.
  ///
  /// - Parameter doublesEscape: false for a server that takes a doubled 0xFF for two bytes of the name.
  /// - Throws: ``WriteError``: the argument would not arrive as it is, or would be more than one command.
  public static func append(
    _ command: Command, doublesEscape: Bool = true, to out: inout [UInt8]
  ) throws(WriteError) {
    let argument = command.argument
    for byte in argument {
      if byte == 0x0D || byte == 0x0A { throw .containsLineEnd }
      if byte == 0 { throw .containsNUL }
    }
    out.append(contentsOf: command.verb.bytes)
    if !argument.isEmpty {
      out.append(0x20)
      for byte in argument {
        if byte == TelnetDecoder.escape, doublesEscape { out.append(byte) }
        out.append(byte)
      }
    }
    out.append(0x0D)
    out.append(0x0A)
  }

  /// The line of a command; see ``append(_:doublesEscape:to:)``.
  public static func line(_ command: Command, doublesEscape: Bool = true) throws(WriteError) -> [UInt8] {
    var line: [UInt8] = []
    try append(command, doublesEscape: doublesEscape, to: &line)
    return line
  }
}
