// A real PostgreSQL server of a test's own: in a temporary directory, as a user without rights, on a port of 127.0.0.1 and a socket.

import Glibc

/// A server that can be killed and started again. It ends with its last reference.
public final class PostgresServer: @unchecked Sendable {
  // Sendable: a test kills and starts it from one thread at a time; all else is set once.
  /// The directory with Debian's programs; nil if PostgreSQL is not installed, or root cannot become somebody else.
  private static let programs: String? = {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("/usr/lib/postgresql/*/bin", 0, nil, &found) == 0, found.gl_pathc > 0,
      let path = found.gl_pathv[Int(found.gl_pathc) - 1]
    else { return nil }
    let directory = String(cString: path)
    return access(directory + "/initdb", X_OK) == 0 && (geteuid() != 0 || isInstalled("setpriv")) ? directory : nil
  }()

  /// Whether there can be one here.
  public static var isAvailable: Bool { programs != nil }

  /// Where its data, its socket and whatever a test puts there are.
  public let place: TemporaryDirectory
  /// The password of the user `weft` on the port; on the socket none is asked for.
  public static let password = "correct horse"
  public let port: UInt16
  private let programs: String
  private let options: [String]
  private var process: ChildProcess?

  /// Makes a database `weft` and starts the server.
  ///
  /// - Parameter options: further settings, as `ssl=on`.
  public init(options: [String] = [], prepare: (TemporaryDirectory) throws -> Void = { _ in }) throws {
    guard let programs = Self.programs else { throw TestFailure("PostgreSQL is not installed") }
    self.programs = programs
    self.options = options
    place = try TemporaryDirectory()
    port = try Self.freePort()
    try place.write("password", Self.password + "\n", mode: 0o644)
    try prepare(place)
    if geteuid() == 0 {
      try TestSupport.run(["chown", "-R", "nobody:nogroup", place.path])
      // Tests read what is in here, as themselves.
      chmod(place.path, 0o755)
    }
    try checked([
      programs + "/initdb", "-D", place.path + "/data", "-U", "weft", "--pwfile", place.path + "/password",
      "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
    ])
    try start()
    try psql("CREATE DATABASE weft", database: "postgres")
  }

  deinit { kill() }

  /// How it is reached on its socket.
  public var socketConnection: String { "host=\(place.path) port=\(port) dbname=weft user=weft" }
  /// How it is reached on its port; that needs the password.
  public var portConnection: String { "host=127.0.0.1 port=\(port) dbname=weft user=weft" }

  /// Starts it, and returns when it takes connections.
  public func start() throws {
    let deadline = Deadline.after(.seconds(120))
    let settings = [
      "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(place.path)", "max_connections=60",
      "shared_buffers=16MB", "fsync=off",
    ]
    while true {
      let process = try ChildProcess(
        Self.asNobody(
          [programs + "/postgres", "-D", place.path + "/data"] + (settings + options).flatMap { ["-c", $0] }))
      self.process = process
      // After a kill the children of the old one may hold its memory for a moment.
      let isUp = Deadline.after(.seconds(60)).until {
        process.waitForExit(patience: .zero) != nil || isReady
      }
      if process.exitCode == nil, isUp { return }
      try require(!deadline.hasPassed, "PostgreSQL does not start: \(process.errorText.suffix(2000))")
      poll(nil, 0, 50)
    }
  }

  private var isReady: Bool {
    (try? TestSupport.run([programs + "/pg_isready", "-q", "-h", place.path, "-p", "\(port)"]))?.exitCode == 0
  }

  /// Kills it with SIGKILL, as a crash would.
  public func kill() {
    process?.signal(SIGKILL)
    _ = process?.waitForExit(patience: .seconds(20))
    process = nil
  }

  /// Stops it without killing it: it answers nobody until ``resume()``.
  public func freeze() { process?.signal(SIGSTOP) }
  public func resume() { process?.signal(SIGCONT) }

  /// Runs a statement; gives what it prints, without decoration.
  @discardableResult
  public func psql(_ sql: String, database: String = "weft") throws -> String {
    try checked([
      programs + "/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", place.path, "-p", "\(port)", "-U",
      "weft",
      "-d", database, "-c", sql,
    ])
  }

  @discardableResult
  private func checked(_ arguments: [String]) throws -> String {
    let result = try TestSupport.run(Self.asNobody(arguments), patience: .seconds(120))
    try require(result.exitCode == 0, "\(arguments.prefix(2)): \(result.errors.suffix(2000))")
    return result.output
  }

  private static func asNobody(_ arguments: [String]) -> [String] {
    geteuid() == 0
      ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] + arguments : arguments
  }

  private static func freePort() throws -> UInt16 { try Listener().endpoint.port }
}
