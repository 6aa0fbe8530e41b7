// What the tests with real clients share: a server with data to fetch, a place for what is fetched, comparison of bytes.

import TestSupport
import Testing

/// A server with some files and an empty local directory for the client under test.
struct Interop {
  let server: Server
  let local: TemporaryDirectory
  /// A megabyte and a bit, so that it is many buffers and no round number.
  static let content = pattern(1_234_567)

  var port: String { String(server.endpoint.port) }
  /// ftp://alice:secret@127.0.0.1:port/
  var url: String { "ftp://alice:\(Server.password)@127.0.0.1:\(port)/" }

  /// Runs `body` on a thread of its own with a running server whose root holds `data.bin`, `empty` and a small tree.
  static func run(_ body: @escaping @Sendable (Interop) throws -> Void) async throws {
    try await Blocking.run {
      let root = try TemporaryDirectory()
      try root.write("data.bin", content)
      try root.write("empty", [])
      try makeTree(in: root, under: "tree")
      try Server.with(root: root) { server in try body(Interop(server: server, local: TemporaryDirectory())) }
    }
  }

  /// Directories in directories, names with blanks, umlauts and quotes, empty files, many files.
  static func makeTree(in directory: TemporaryDirectory, under name: String) throws {
    for path in ["", "/one", "/one/two", "/with space", "/many"] { try directory.makeDirectory(name + path) }
    try directory.write(name + "/one/a.bin", pattern(100_000, seed: 2))
    try directory.write(name + "/one/two/b.txt", bytes("line one\nline two\r\nline three"))
    try directory.write(name + "/with space/c d.bin", pattern(5, seed: 3))
    try directory.write(name + "/with space/über.txt", bytes("x"))
    try directory.write(name + "/empty", [])
    for index in 0..<20 {
      try directory.write(name + "/many/file\(index)", pattern(index * 100, seed: UInt64(index + 1)))
    }
  }

  /// Runs a client and requires exit code 0.
  @discardableResult
  func client(
    _ arguments: String..., environment: [String: String] = [:], input: String? = nil
  ) throws -> CommandResult {
    let result = try TestSupport.run(
      arguments, environment: environment, directory: local.path, input: input.map { Array($0.utf8) })
    try require(
      result.exitCode == 0,
      "\(arguments.joined(separator: " ")) ended with \(result.exitCode):\n\(result.output)\n\(result.errors)")
    return result
  }

  /// Requires a fetched file to hold `wanted`.
  func requireLocal(_ name: String, _ wanted: [UInt8] = Interop.content) throws {
    try require(try local.read(name) == wanted, "the local file \(name) differs from what was served")
  }

  /// Requires a file of the server to hold `wanted`.
  func requireRemote(_ name: String, _ wanted: [UInt8] = Interop.content) throws {
    try require(try server.root.read(name) == wanted, "the file \(name) on the server differs from what was sent")
  }

  /// Requires two directory trees to hold the same names and bytes.
  func requireSameTree(_ one: String, _ other: String) throws {
    let result = try TestSupport.run(["diff", "-r", one, other])
    try require(result.exitCode == 0, "\(one) and \(other) differ:\n\(result.output)\(result.errors)")
  }
}

/// The reason a test is skipped: the client is not installed.
func installed(_ name: String) -> ConditionTrait {
  .enabled(if: isInstalled(name), "\(name) is not installed")
}
