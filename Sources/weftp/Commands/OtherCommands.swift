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
        Output.line("\(digest.algorithm.name) \(Output.hexadecimal(digest.digest))  ", name: found.path.bytes)
      }
    }
  }
}

struct QuoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quote", abstract: "Say a command as it is, and show the reply.")

  @OptionGroup var connection: ConnectionArguments
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
        for line in reply.lines { Output.line("\(reply.code) ", name: line) }
        if reply.kind != .completion, reply.kind != .intermediate { throw ExitCode(77) }
      }
    }
  }
}

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Tell what a server is and can do, and what to change.")

  @OptionGroup var connection: ConnectionArguments
  @Argument(help: "The server: ftpes://user@host/") var url: String?

  func validate() throws { try ShellState.requireURL(url) }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url ?? ".")
      try await Connector(command.connection).with(url) { session in try await command.check(session) }
    }
  }

  private func check(_ session: ClientSession) async throws {
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
