// A small blocking FTP client for tests: says one command, reads one reply, opens data connections.

/// A reply as it came: the code and every line of it.
public struct FTPReply: Sendable, CustomStringConvertible {
  /// The three digits.
  public let code: Int
  /// All lines without CRLF; one for a single-line reply.
  public let lines: [[UInt8]]

  /// Takes the code and the lines.
  public init(code: Int, lines: [[UInt8]]) {
    self.code = code
    self.lines = lines
  }

  /// The text after the code on the last line.
  public var text: String { latin1(lines[lines.count - 1].dropFirst(4)) }
  public var description: String { lines.map { shown($0) }.joined(separator: "\n") }
}

/// The control connection of a session.
public final class FTPClient {
  /// The socket of the control connection.
  public let control: Connection

  /// Takes a connected control connection.
  public init(_ control: Connection) { self.control = control }

  /// Sends a command line with CRLF, without waiting for the reply.
  public func send(_ command: String) throws { try control.send(bytes(command) + [0x0D, 0x0A]) }

  /// Reads one whole reply (RFC 959 §4.2); nil at the end of the connection.
  public func nextReply() throws -> FTPReply? {
    guard let first = try control.readLine() else { return nil }
    guard first.count >= 3, let code = Int(latin1(first.prefix(3))), (100...599).contains(code) else {
      throw TestFailure("not a reply: \(shown(first))")
    }
    var lines = [first]
    let closing = Array(first.prefix(3)) + [0x20]
    if first.count > 3, first[3] == 0x2D {
      while true {
        guard let line = try control.readLine() else { throw TestFailure("the connection ended inside a reply") }
        lines.append(line)
        if line.starts(with: closing) { break }
      }
    } else {
      try require(first.count > 3 && first[3] == 0x20, "no space after the code: \(shown(first))")
    }
    return FTPReply(code: code, lines: lines)
  }

  /// Reads one whole reply; the end of the connection is a failure.
  public func reply() throws -> FTPReply {
    guard let reply = try nextReply() else { throw TestFailure("the control connection ended instead of a reply") }
    return reply
  }

  /// Sends a command and reads its reply.
  @discardableResult
  public func command(_ line: String) throws -> FTPReply {
    try send(line)
    return try reply()
  }

  /// Reads a reply and requires its code to be one of `codes`.
  @discardableResult
  public func expect(_ codes: Int..., after what: String = "") throws -> FTPReply {
    let reply = try reply()
    try require(codes.contains(reply.code), "expected \(codes) \(what), got: \(reply)")
    return reply
  }

  /// Sends a command and requires the code of its reply.
  @discardableResult
  public func command(_ line: String, expecting codes: Int...) throws -> FTPReply {
    let reply = try command(line)
    try require(codes.contains(reply.code), "expected \(codes) after '\(line)', got: \(reply)")
    return reply
  }

  /// USER and PASS.
  public func logIn(_ user: String = "anonymous", _ password: String = Server.password) throws {
    try command("USER \(user)", expecting: 331)
    try command("PASS \(password)", expecting: 230)
  }

  /// PASV, and a connection to the port of the 227.
  public func passive(receiveBuffer: Int32? = nil) throws -> Connection {
    let reply = try command("PASV", expecting: 227)
    guard let endpoint = FTPClient.passiveEndpoint(reply) else { throw TestFailure("no address in: \(reply)") }
    return try Connection(to: endpoint, receiveBuffer: receiveBuffer, patience: control.patience)
  }

  /// EPSV, and a connection to the port of the 229 on `host`.
  public func extendedPassive(host: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws -> Connection {
    let reply = try command("EPSV", expecting: 229)
    guard let port = FTPClient.extendedPassivePort(reply) else { throw TestFailure("no port in: \(reply)") }
    return try Connection(to: Endpoint(host, port), receiveBuffer: receiveBuffer, patience: control.patience)
  }

  /// The address of a 227 reply, found strictly: six numbers in parentheses.
  public static func passiveEndpoint(_ reply: FTPReply) -> Endpoint? {
    guard let inner = between(reply.text, "(", ")") else { return nil }
    let numbers = inner.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
    guard numbers.count == 6, !numbers.contains(nil) else { return nil }
    let octets = numbers.compactMap { $0 }
    return Endpoint(octets[0..<4].map(String.init).joined(separator: "."), UInt16(octets[4]) << 8 | UInt16(octets[5]))
  }

  /// The port of a 229 reply, found strictly: `(|||port|)`.
  public static func extendedPassivePort(_ reply: FTPReply) -> UInt16? {
    between(reply.text, "(|||", "|)").flatMap { UInt16($0) }
  }

  /// The port of a 228 reply: the last two of its numbers.
  public static func longPassivePort(_ reply: FTPReply) -> UInt16? {
    guard let inner = between(reply.text, "(", ")") else { return nil }
    let numbers = inner.split(separator: ",", omittingEmptySubsequences: false).compactMap { UInt8($0) }
    guard numbers.count == (numbers.first == 4 ? 9 : 21) else { return nil }
    return UInt16(numbers[numbers.count - 2]) << 8 | UInt16(numbers[numbers.count - 1])
  }

  private static func between(_ text: String, _ opening: String, _ closing: String) -> String? {
    let all = Array(text.unicodeScalars)
    let from = Array(opening.unicodeScalars)
    let to = Array(closing.unicodeScalars)
    guard let start = all.indices.first(where: { all[$0...].starts(with: from) }) else { return nil }
    let rest = all[(start + from.count)...]
    guard let end = rest.indices.first(where: { all[$0...].starts(with: to) }) else { return nil }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: all[(start + from.count)..<end])
    return String(view)
  }

  /// A command that sends data to us over a passive connection: the bytes, after 150 and 226.
  public func retrieve(_ line: String) throws -> [UInt8] {
    let data = try passive()
    try command(line, expecting: 125, 150)
    let content = try data.readToEnd()
    try expect(226, 250, after: "'\(line)'")
    return content
  }

  /// A command that takes `content` over a passive connection; returns the final reply.
  @discardableResult
  public func store(_ line: String, _ content: [UInt8]) throws -> FTPReply {
    let data = try passive()
    try command(line, expecting: 125, 150)
    try data.send(content)
    data.close()
    return try expect(226, 250, after: "'\(line)'")
  }

  /// QUIT, its 221, and the end of the connection.
  public func quit() throws {
    try command("QUIT", expecting: 221)
    try require(try control.isClosedByPeer(), "bytes after 221")
  }
}
