// Where an interactive session is: its server, its directory there, the connection that its commands share.

import ArgumentParser
import FTPClient
import FTPProtocol
import Synchronization

/// What the commands of one shell have in common. A command finds it by ``current``.
final class ShellState: Sendable {
  /// The shell that a command runs in; nil on the command line.
  @TaskLocal static var current: ShellState?

  private struct State {
    var base: ServerURL?
    var directory = RemotePath([0x2F])
    var previous: RemotePath?
    var session: ClientSession?
    var home = RemotePath([0x2F])
    var arguments: ConnectionArguments
    /// Options of get, put and mirror.
    var copying: [String: String] = [:]
  }

  private let state: Mutex<State>
  private let runtime: ClientRuntime
  private let known: KnownCredentials
  /// Whether commands and replies are shown.
  let shows: Atomic<Bool>

  init(_ arguments: ConnectionArguments) throws {
    shows = Atomic(arguments.verbose)
    state = Mutex(State(arguments: arguments))
    runtime = try ClientRuntime()
    known = KnownCredentials()
  }

  private init(copyOf other: ShellState) {
    shows = Atomic(other.shows.load(ordering: .relaxed))
    var copied = other.state.withLock { $0 }
    copied.session = nil
    copied.copying["progress"] = "none"
    state = Mutex(copied)
    runtime = other.runtime
    known = other.known
  }

  /// The same place, with a connection of its own: for what runs in the background.
  func copy() -> ShellState { ShellState(copyOf: self) }

  /// What its commands connect with.
  var connector: Connector {
    var connector = Connector(state.withLock { $0.arguments }, runtime, known)
    connector.trace = { [self] event in
      if shows.load(ordering: .relaxed) { ConnectionArguments.show(event) }
    }
    return connector
  }

  /// The server it is connected to; nil before `open`.
  var base: ServerURL? { state.withLock { $0.base } }
  /// The working directory on the server.
  var directory: RemotePath { state.withLock { $0.directory } }
  var previous: RemotePath? { state.withLock { $0.previous } }
  /// The directory of the login.
  var home: RemotePath { state.withLock { $0.home } }

  /// Changes options of the connection. They hold from the next command on, which connects anew.
  func change(_ body: (inout ConnectionArguments) -> Void) async {
    state.withLock { body(&$0.arguments) }
    await close()
  }

  var arguments: ConnectionArguments { state.withLock { $0.arguments } }

  /// Goes to a server. The directory is that of the URL, or that of the login.
  func open(_ url: ServerURL) async throws {
    await close()
    let session = try await connector.open(url)
    do {
      let home = try await session.workingDirectory()
      if !url.path.bytes.isEmpty { try await session.changeDirectory(url.path) }
      let directory = url.path.bytes.isEmpty ? home : try await session.workingDirectory()
      var base = url
      base.path = RemotePath([])
      base.password = nil
      state.withLock {
        $0.base = base
        $0.home = home
        $0.directory = directory
        $0.previous = nil
        $0.session = session
      }
    } catch {
      await session.quit()
      throw error
    }
  }

  /// Ends the connection; the next command makes a new one.
  func close() async {
    let session = state.withLock { state -> ClientSession? in
      defer { state.session = nil }
      return state.session
    }
    await session?.quit()
  }

  /// Forgets the server.
  func forget() async {
    await close()
    state.withLock { $0.base = nil }
  }

  /// Whether a URL is on this shell's server, as this shell's user.
  func isOf(_ url: ServerURL) -> Bool {
    guard let base else { return false }
    return base.host == url.host && base.effectivePort == url.effectivePort && base.user == url.user
      && base.scheme == url.scheme
  }

  /// Runs `body` with the session, which is made anew if it was lost. It stays.
  func with<Value: Sendable>(_ body: @Sendable (ClientSession) async throws -> Value) async throws -> Value {
    guard let base else { throw ClientError(.usage, "there is no connection: open URL") }
    if let session = state.withLock({ $0.session }), await session.isOpen { return try await run(body, session) }
    let session = try await connector.open(base)
    state.withLock { $0.session = session }
    return try await run(body, session)
  }

  private func run<Value: Sendable>(
    _ body: @Sendable (ClientSession) async throws -> Value, _ session: ClientSession
  ) async throws -> Value {
    let value = try await body(session)
    await session.use(TransferFormat(type: .image))
    return value
  }

  /// Without a shell there is no directory that a command could mean.
  static func requireURL(_ url: String?) throws {
    if url == nil, current == nil { throw ValidationError("Which server? A place is ftpes://user@host/path") }
  }

  /// A path as the user names it, from the root: `..` goes up, as a person sees it.
  func absolute(_ path: [UInt8]) -> RemotePath {
    ShellState.resolve(path, from: directory)
  }

  static func resolve(_ path: [UInt8], from directory: RemotePath) -> RemotePath {
    let whole = path.first == 0x2F ? path : directory.bytes + [0x2F] + path
    var parts: [[UInt8]] = []
    for part in whole.split(separator: 0x2F) {
      if part.elementsEqual([0x2E]) { continue }
      if part.elementsEqual([0x2E, 0x2E]) { _ = parts.popLast() } else { parts.append(Array(part)) }
    }
    let joined = [0x2F] + Array(parts.joined(separator: [0x2F]))
    // A trailing slash says that a directory is meant.
    return RemotePath(path.last == 0x2F && !parts.isEmpty ? joined + [0x2F] : joined)
  }

  /// A remote path as a URL of this shell's server.
  func url(_ path: [UInt8]) throws -> ServerURL {
    guard var url = base else { throw ClientError(.usage, "there is no connection: open URL") }
    url.path = absolute(path)
    return url
  }

  /// Changes the working directory.
  func change(to path: [UInt8]) async throws {
    let target = absolute(path)
    let found = try await with { session in
      try await session.changeDirectory(target)
      return try await session.workingDirectory()
    }
    state.withLock {
      $0.previous = $0.directory
      $0.directory = found
    }
  }
}

// What `set` knows.
extension ShellState {
  private static let connectionSettings = ["tls", "trust", "multipath", "timeout", "stall", "retries", "user"]
  private static let copySettings = ["parallel", "progress"]

  /// Names and values.
  var settings: [(name: String, value: String)] {
    let (arguments, copying) = state.withLock { ($0.arguments, $0.copying) }
    return [
      ("tls", arguments.tls?.rawValue ?? "by the URL"), ("trust", arguments.trust.rawValue),
      ("multipath", arguments.multipath.rawValue),
      ("data", arguments.active ? "active" : arguments.passive ? "passive" : "auto"),
      ("timeout", "\(arguments.timeout)"), ("stall", "\(arguments.stall)"), ("retries", "\(arguments.retries)"),
      ("parallel", copying["parallel"] ?? "auto"), ("progress", copying["progress"] ?? "auto"),
      ("debug", shows.load(ordering: .relaxed) ? "on" : "off"),
    ]
  }

  /// Changes a setting. What the options of the command line refuse is refused here, too.
  func set(_ name: String, _ value: String) async throws {
    if Self.copySettings.contains(name) {
      if value != "auto" { _ = try CopyArguments.parse(["--\(name)=\(value)"]) }
      return state.withLock { $0.copying[name] = value == "auto" ? nil : value }
    }
    guard Self.connectionSettings.contains(name) else {
      throw ClientError(.usage, "there is no setting \(name): set shows them")
    }
    let parsed = try ConnectionArguments.parse(["--\(name)=\(value)"])
    await change { arguments in
      switch name {
      case "tls": arguments.tls = parsed.tls
      case "trust": arguments.trust = parsed.trust
      case "multipath": arguments.multipath = parsed.multipath
      case "timeout": arguments.timeout = parsed.timeout
      case "stall": arguments.stall = parsed.stall
      case "retries": arguments.retries = parsed.retries
      default: arguments.user = parsed.user
      }
    }
  }

  /// Options that the settings add to a command.
  func defaults(for command: String) -> [String] {
    guard ["get", "put", "mirror", "sync"].contains(command) else { return [] }
    return state.withLock { $0.copying }.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
  }
}
