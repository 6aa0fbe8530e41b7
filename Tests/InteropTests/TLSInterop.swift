// What the tests of clients over TLS share: a server that speaks it explicitly and implicitly, and the certificate it shows.

import TestSupport
import Testing

/// A server with TLS, its files, and an empty local directory for the client under test.
struct TLSInterop {
  let test: Interop
  /// Explicit TLS (RFC 4217), and TLS from the first byte on.
  let explicit: String, implicit: String

  /// Whether data connections have to resume the session of their control connection. Every client that says it can is tested
  /// with that, for else a refusal to resume would go unseen.
  enum Binding: String { case require, prefer }

  /// Runs `body` with a server whose root holds what ``Interop/run(_:)``'s does.
  static func run(
    _ binding: Binding = .require, _ settings: [String] = [], _ body: @escaping @Sendable (TLSInterop) throws -> Void
  ) async throws {
    try await Blocking.run {
      let root = try TemporaryDirectory()
      try root.write("data.bin", Interop.content)
      try root.write("empty", [])
      try Interop.makeTree(in: root, under: "tree")
      var options = Server.Options(settings: ["tls.data-session=\(binding.rawValue)", "log.level=debug"] + settings)
      options.listen = ["127.0.0.1:0", "ftps://127.0.0.1:0"]
      try Server.with(options, root: root) { server in
        let test = try Interop(server: server, local: TemporaryDirectory())
        let ports = server.endpoints.map { String($0.port) }
        try body(TLSInterop(test: test, explicit: ports[0], implicit: ports[1]))
      }
    }
  }

  /// Requires that every transfer so far was under TLS, and each data connection bound by resumption (or not asked to be).
  func requireProtected(resumed: Bool = true) throws {
    let lines = test.server.process.errorText.split(separator: "\n").filter {
      $0.contains(" download ") || $0.contains(" upload ") || $0.contains(" listing ")
    }
    try require(!lines.isEmpty, "no transfer in the log")
    for line in lines {
      try require(line.contains("tls=\"TLSv1."), "a transfer in clear: \(line)")
      if resumed { try require(line.contains("resumed"), "a data connection that was not resumed: \(line)") }
    }
  }
}

/// The path of a client that is kept as a file beside the tests.
func client(_ name: String, of file: String = #filePath) -> String {
  file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Clients/" + name
}
