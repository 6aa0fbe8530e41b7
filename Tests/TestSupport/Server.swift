// A real weftpd process under test: found beside the test bundle, started on a free port, stopped by SIGTERM.

import Glibc

/// A running `weftpd serve`. Black box: only its words on the command line, its output and its sockets are used.
public final class Server {
  /// How to start it.
  public struct Options: Sendable {
    /// The user of `--user`; nil for none. The password is `secret`.
    public var user: String? = "alice"
    /// Whether `--anonymous` is given.
    public var anonymous = true
    /// The addresses of `--listen`.
    public var listen = ["127.0.0.1:0"]
    /// `KEY=VALUE` of `--set`.
    public var settings: [String] = []
    /// Further arguments as they are.
    public var arguments: [String] = []
    /// Further environment variables.
    public var environment: [String: String] = [:]
    /// The limit on open descriptors, set by prlimit(1).
    public var descriptorLimit: Int?

    /// The usual server: alice and anonymous, one listener on a free port of 127.0.0.1.
    public init(settings: [String] = []) { self.settings = settings }
  }

  /// The password of the user of `Options.user`.
  public static let password = "secret"
  /// The directory served.
  public let root: TemporaryDirectory
  /// Where it listens, in the order of `--listen`.
  public let endpoints: [Endpoint]
  /// The process.
  public let process: ChildProcess
  private var isStopped = false

  /// Starts the server on `root` (a new temporary directory by default) and returns when all its listeners accept.
  public init(_ options: Options = Options(), root: TemporaryDirectory? = nil) throws {
    let root = try root ?? TemporaryDirectory()
    self.root = root
    var arguments = [try Server.binary(), "serve", root.path]
    for address in options.listen { arguments += ["--listen", address] }
    if let user = options.user { arguments += ["--user", user] }
    if options.anonymous { arguments.append("--anonymous") }
    for setting in options.settings { arguments += ["--set", setting] }
    arguments += options.arguments
    if let limit = options.descriptorLimit { arguments = ["prlimit", "--nofile=\(limit):\(limit)"] + arguments }
    var environment = ["WEFTPD_PASSWORD": Server.password]
    for (name, value) in options.environment { environment[name] = value }
    process = try ChildProcess(arguments, environment: environment)
    let lines = try process.waitForLines(options.listen.count, patience: .seconds(60))
    endpoints = try lines.map { line in
      guard line.hasPrefix(Server.readyPrefix),
        let endpoint = Endpoint(text: String(line.dropFirst(Server.readyPrefix.count)))
      else { throw TestFailure("unexpected line on standard output: '\(line)'") }
      return endpoint
    }
  }

  private static let readyPrefix = "weftpd: listening on "

  /// The first listener.
  public var endpoint: Endpoint { endpoints[0] }

  /// The path of the binary under test: $WEFTPD_BINARY, or the `weftpd` that was built with the tests.
  public static func binary() throws -> String {
    if let path = getenv("WEFTPD_BINARY") { return String(cString: path) }
    guard let path = builtProgram("weftpd") else {
      throw TestFailure("there is no weftpd beside the tests: build the product first, or set WEFTPD_BINARY")
    }
    return path
  }

  /// A new control connection, its 220 already read.
  public func client(
    patience: Duration = .seconds(60), from source: String? = nil, receiveBuffer: Int32? = nil
  ) throws -> FTPClient {
    let connection = try Connection(to: endpoint, from: source, receiveBuffer: receiveBuffer, patience: patience)
    let client = FTPClient(connection)
    _ = try client.expect(220)
    return client
  }

  /// A new session logged in as anonymous (or, with a name, that user with the password `secret`).
  public func session(_ user: String = "anonymous", patience: Duration = .seconds(60)) throws -> FTPClient {
    let client = try client(patience: patience)
    try client.logIn(user)
    return client
  }

  /// Asks it to end (SIGTERM), waits, and requires exit code 0 and nothing on standard output but the ready lines.
  public func stop(patience: Duration = .seconds(40)) throws {
    process.signal(SIGTERM)
    try waitForCleanExit(patience: patience)
  }

  /// Waits for the end after a signal; requires exit code 0 and nothing on standard output but the ready lines.
  public func waitForCleanExit(patience: Duration = .seconds(40)) throws {
    guard let code = process.waitForExit(patience: patience) else {
      process.signal(SIGKILL)
      throw TestFailure("the server still runs \(patience) after the signal: \(process.errorText.suffix(2000))")
    }
    isStopped = true
    try require(code == 0, "the server ended with \(code): \(process.errorText.suffix(3000))")
    for line in process.outputText.split(separator: "\n") where !line.hasPrefix(Server.readyPrefix) {
      throw TestFailure("the server wrote to standard output: '\(line)'")
    }
  }

  /// Throws unless the process still runs.
  public func requireAlive() throws {
    if process.waitForExit(patience: .zero) != nil {
      throw TestFailure("the server died with \(process.exitCode ?? -1): \(process.errorText.suffix(3000))")
    }
  }

  /// Runs `body` with a server and stops it in order afterwards.
  public static func with<R>(
    _ options: Options = Options(), root: TemporaryDirectory? = nil, _ body: (Server) throws -> R
  ) throws -> R {
    let server = try Server(options, root: root)
    let result: R
    do { result = try body(server) } catch {
      let log = server.process.errorText.suffix(1500)
      throw TestFailure("\(error)\n--- server log ---\n\(log)")
    }
    try server.requireAlive()
    try server.stop()
    return result
  }
}
