// weftp hash, quote, check: what a server computes, says and is.

import ArgumentParser
import FTPClient
import FTPProtocol
import LinuxSystem
import MultipathTCP

struct HashCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash", abstract: "Tell the digests of files, computed by the server.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "A line of JSON for each.") var json = false
  @Option(help: "SHA-256, SHA-512, SHA-1, MD5 or CRC32; by default the best there is.") var algorithm: String?
  @Argument(help: "Files or patterns: ftpes://user@host/file") var urls: [String]

  func validate() throws {
    if let algorithm, DigestAlgorithm(named: Array(algorithm.utf8)) == nil {
      throw ValidationError("There is no algorithm \(algorithm) here.")
    }
  }

  func run() async throws {
    let command = self
    try await connection.each(urls) { url, session in
      let algorithm = command.algorithm.flatMap { DigestAlgorithm(named: Array($0.utf8)) }
      for found in try await RemoteNames.find(url.path, on: session) {
        let digest = try await session.digest(found.path, algorithm)
        if command.json {
          Output.line(
            JSONText.object([
              ("path", .name(found.path.bytes)), ("algorithm", .string(digest.algorithm.name)),
              ("digest", .string(Output.hexadecimal(digest.digest))),
            ]).text)
          continue
        }
        Output.line("\(digest.algorithm.name) \(Output.hexadecimal(digest.digest))  ", name: found.path.bytes)
      }
    }
  }
}

struct QuoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quote", abstract: "Say a command as it is, and show the reply.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "One line of JSON.") var json = false
  @Argument(help: "The server: ftpes://user@host/") var url: String
  @Argument(help: "The command: SITE HELP") var words: [String]

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url)
      guard let first = command.words.first, let verb = Verb(Array(first.utf8)) else {
        throw ClientError(.usage, "that is no command of FTP")
      }
      let argument = Array(command.words.dropFirst().joined(separator: " ").utf8)
      try await Connector(command.connection).with(url) { session in
        let reply = try await session.quote(verb, argument)
        if command.json {
          let lines = reply.lines.map { JSONText.name(Array($0)) }
          Output.line(JSONText.object([("code", .number(UInt64(reply.code))), ("lines", .list(lines))]).text)
        } else {
          for line in reply.lines { Output.line("\(reply.code) ", name: line) }
        }
        if reply.kind != .completion, reply.kind != .intermediate { throw ExitCode(77) }
      }
    }
  }
}

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Tell what a server is and can do, and what to change.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(help: "One line of JSON.") var json = false
  @Argument(help: "The server: ftpes://user@host/") var url: String?

  func validate() throws { try ShellState.requireURL(url) }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url ?? ".")
      try await Connector(command.connection).with(url) { session in try await command.check(session) }
    }
  }

  private func checkAsJSON(_ session: ClientSession) async throws {
    let features = await session.features
    let certificate = await session.serverCertificate
    let entries = try await session.list()
    let advice = await session.checksumAdvice().map { "\($0)" }
    let shown = JSONText.object([
      ("server", .string("\(session.peer)")), ("protection", (await session.protection).map { .string($0) }),
      ("certificate", certificate.map { .string($0.subject) }),
      ("certificateEnds", certificate?.validUntil.map { .signed($0) }),
      ("pin", certificate?.pin.map { .string("\($0)") }), ("multipath", .string("\(await session.transport)")),
      ("machineListings", .bool(features.listsForMachines)), ("resumes", .bool(features.restartsStreams)),
      ("digests", .list(features.hashAlgorithms.map { .string($0.name) })),
      ("setsTimes", .bool(features.contains("MFMT"))), ("entries", .number(UInt64(entries.count))),
      ("advice", advice.map { .string($0) }),
    ])
    Output.line(shown.text)
  }

  private func check(_ session: ClientSession) async throws {
    if json { return try await checkAsJSON(session) }
    let features = await session.features
    Output.line("server      \(session.peer)")
    Output.line("protection  \(await session.protection ?? "none: everything goes in clear")")
    if let certificate = await session.serverCertificate {
      Output.line("certificate \(Output.printable(Array(certificate.subject.utf8)))")
      if let end = certificate.validUntil { Output.line("  until     \(Output.time(end)) UTC") }
      if let pin = certificate.pin { Output.line("  key       \(pin)") }
    }
    Output.line("multipath   \(await session.transport)")
    Output.line("listings    \(features.listsForMachines ? "MLSD" : "LIST")")
    Output.line("resuming    \(features.restartsStreams ? "yes" : "no")")
    let digests = features.hashAlgorithms.map(\.name).joined(separator: " ")
    Output.line("digests     \(digests.isEmpty ? "none by HASH" : digests)")
    Output.line("times       \(features.contains("MFMT") ? "can be set (MFMT)" : "cannot be set")")
    let entries = try await session.list()
    Output.line("directory   \(entries.count) entries")
    if let advice = await session.checksumAdvice() {
      Output.line("")
      Output.line("\(advice)")
    }
  }
}
