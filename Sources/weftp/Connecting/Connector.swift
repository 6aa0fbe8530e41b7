// Opens sessions for commands: who logs in, with which password, and whether that may be said in clear.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization

/// Makes the sessions of one run of weftp.
struct Connector: Sendable {
  let arguments: ConnectionArguments
  let runtime: ClientRuntime
  /// Who logs in where, so that nobody is asked twice.
  private var known = KnownCredentials()
  /// Sessions at rest, for whoever needs one with the same server next.
  private var resting = RestingSessions()
  /// Told what goes over control connections, instead of `-v`.
  var trace: (@Sendable (ClientOptions.TraceEvent) -> Void)?
  /// What all sessions keep to; nil: no limits.
  private(set) var limits: ClientLimits?

  /// - Parameter arguments: not looked at for a command of a shell, which has its own.
  init(_ arguments: ConnectionArguments) throws {
    if let shell = ShellState.current {
      self = shell.connector
    } else {
      self.arguments = arguments
      runtime = try ClientRuntime()
      limits = arguments.rate.flatMap(ConnectionArguments.rates).map { ClientLimits($0) }
    }
  }

  init(_ arguments: ConnectionArguments, _ runtime: ClientRuntime, _ known: KnownCredentials) {
    self.arguments = arguments
    self.runtime = runtime
    self.known = known
    limits = arguments.rate.flatMap(ConnectionArguments.rates).map { ClientLimits($0) }
  }

  /// Has the server told how many connections are wanted, so that it can say how many it is ready for.
  mutating func ask(for options: SegmentOptions) {
    var wanted = limits?.wanted ?? TransferLimits()
    wanted.connections = UInt64(options.limit)
    wanted.block = options.block
    limits = ClientLimits(wanted)
  }

  /// A session with the server of a URL, logged in: one that is at rest, or a new one.
  func open(_ url: ServerURL) async throws -> ClientSession {
    if let session = await resting.take(url) { return session }
    var options = try arguments.options(url)
    options.limits = limits
    if let trace { options.trace = trace }
    let session = try await ClientSession.connect(
      to: url.host, port: url.effectivePort, options: options, runtime: runtime)
    do {
      let place = KnownCredentials.place(url)
      let credentials = try known.credentials(place) ?? credentials(url)
      if await session.protection == nil, credentials.password != nil, !isAnonymous(credentials), !known.isWarned(place)
      {
        try warn(url)
        known.noteWarned(place)
      }
      let connection = "\(url.scheme) \(place)"
      let features = known.features(connection)
      try await session.login(credentials, known: features, goesAhead: true)
      known.remember(credentials, place)
      if features == nil { known.remember(await session.features, connection) }
      return session
    } catch {
      await session.quit()
      throw error
    }
  }

  /// Where further sessions with the server of a URL come from; nil if there shall be none.
  ///
  /// - Parameter parallel: how many there may be in all; nil: as many as pay.
  func pool(_ url: ServerURL, parallel: Int?) -> SessionPool? {
    if parallel == 1 { return nil }
    return SessionPool(limit: parallel) { () async throws(ClientError) in
      do { return try await open(url) } catch {
        throw (error as? ClientError) ?? ClientError(.loginRefused, "there is no further session", cause: error)
      }
    }
  }

  /// Runs `body` with a session, which is ended in any case.
  ///
  /// - Parameter keeping: the session stays for whoever needs one next, if all went well: within ``ending(_:)``.
  func with<Value: Sendable>(
    _ url: ServerURL, keeping: Bool = false, _ body: @Sendable (ClientSession) async throws -> Value
  ) async throws -> Value {
    if let shell = ShellState.current, shell.isOf(url) { return try await shell.with(body) }
    let session = try await open(url)
    let value: Value
    do { value = try await body(session) } catch {
      await session.quit()
      throw error
    }
    if keeping {
      resting.keep(session, url)
    } else {
      if arguments.paths { Output.note("control connection: \(await session.transport)") }
      await session.quit()
    }
    return value
  }

  /// Runs `body`, then ends the sessions that were kept meanwhile.
  func ending<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
    let value: Value
    do { value = try await body() } catch {
      for session in resting.takeAll() { await session.quit() }
      throw error
    }
    for session in resting.takeAll() {
      if arguments.paths { Output.note("control connection: \(await session.transport)") }
      await session.quit()
    }
    return value
  }

  /// Runs `body` until it works, each time with a new session, as long as that makes sense.
  ///
  /// - Parameter keeping: as in ``with(_:keeping:_:)``.
  func retrying(
    _ url: ServerURL, keeping: Bool = false, _ body: @Sendable (ClientSession) async throws -> Void
  ) async throws {
    var attempt = 0
    while true {
      do { return try await with(url, keeping: keeping, body) } catch let error as ClientError {
        attempt += 1
        guard error.retry != .never, attempt <= arguments.retries, !Task.isCancelled else { throw error }
        // Longer each time, and not all clients at once.
        let ceiling = min(30_000, 250 << min(attempt, 7))
        let pause = Int.random(in: ceiling / 2...ceiling)
        Output.note("\(error.message); try \(attempt) of \(arguments.retries) in \(pause) ms")
        try await Task.sleep(for: .milliseconds(pause))
      }
    }
  }

  private func isAnonymous(_ credentials: Credentials) -> Bool {
    ["anonymous", "ftp"].contains(String(decoding: credentials.user, as: UTF8.self))
  }

  /// A password is about to go in clear: a person is asked, a script has to have said so.
  private func warn(_ url: ServerURL) throws {
    if arguments.tls == .off { return Output.note("the password goes to \(url.host) in clear") }
    switch Person.accepts("\(url.host) has no TLS: the password would go in clear. Send it?") {
    case true?: return
    case false?: throw ClientError(.unprotected, "the password was not sent: \(url.host) has no TLS")
    case nil: throw ClientError(.unprotected, "\(url.host) has no TLS; --tls=off would send the password in clear")
    }
  }

  // MARK: who and by which password

  /// The user is the URL's, that of `--user` or netrc's, else anonymous. The password is the first there is of: the URL's, that of
  /// `--password-file`, `WEFTP_PASSWORD`, the credential `weftp-password` of systemd, netrc's, what is typed.
  private func credentials(_ url: ServerURL) throws -> Credentials {
    let named = url.user ?? arguments.user.map { Array($0.utf8) }
    let entry = try netrc()?.login(host: url.host, user: named.map { String(decoding: $0, as: UTF8.self) })
    guard let user = named ?? entry?.user.map({ Array($0.utf8) }) else { return .anonymous() }
    var credentials = Credentials(user: user)
    credentials.account = entry?.account.map { Array($0.utf8) }
    if let password = url.password {
      Output.note("a password in a URL can be seen by other users of this host")
      credentials.password = password
    } else if isAnonymous(credentials) {
      return .anonymous()
    } else {
      credentials.password = try secret(entry, user, url).map { Array($0.utf8) }
    }
    return credentials
  }

  private func secret(_ entry: Netrc.Login?, _ user: [UInt8], _ url: ServerURL) throws -> String? {
    if let file = arguments.passwordFile { return SecretFiles.firstLine(try unusable { try SecretFiles.read(file) }) }
    if let password = KnownServers.environment("WEFTP_PASSWORD") { return password }
    if let directory = KnownServers.environment("CREDENTIALS_DIRECTORY"),
      let text = try? SecretFiles.readIfThere("\(directory)/weftp-password")
    {
      return SecretFiles.firstLine(text)
    }
    if let password = entry?.password { return password }
    return SecretFiles.ask("Password of \(Output.printable(user)) at \(url.host): ")
  }

  private func netrc() throws -> Netrc? {
    if arguments.noNetrc { return nil }
    if let file = arguments.netrcFile { return Netrc(try unusable { try SecretFiles.read(file) }) }
    guard let home = KnownServers.environment("HOME"), File.exists("\(home)/.netrc") else { return nil }
    return Netrc(try unusable { try SecretFiles.read("\(home)/.netrc") })
  }

  private func unusable<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch {
      Output.error("\(error)")
      throw ExitCode.unusableSettings
    }
  }
}

extension ConnectionArguments {
  /// Runs `body` for each URL, one after the other, with a session of its own; what goes wrong ends the program with the code for it.
  func each(
    _ urls: [String], _ body: @escaping @Sendable (ServerURL, ClientSession) async throws -> Void
  ) async throws {
    let arguments = self
    try await Interruption.run {
      let connector = try Connector(arguments)
      try await connector.ending {
        for text in urls {
          let url = try Place.url(text)
          try await connector.with(url, keeping: true) { session in try await body(url, session) }
        }
      }
    }
  }
}

/// Sessions that have nothing to do for the moment, one for each place at most.
final class RestingSessions: Sendable {
  private let sessions = Mutex<[String: ClientSession]>([:])

  private static func place(_ url: ServerURL) -> String { "\(url.scheme) \(KnownCredentials.place(url))" }

  /// Gives one that is still good, as a new one would be.
  func take(_ url: ServerURL) async -> ClientSession? {
    guard let session = sessions.withLock({ $0.removeValue(forKey: Self.place(url)) }), await session.isOpen else {
      return nil
    }
    await session.use(TransferFormat(type: .image))
    return session
  }

  func keep(_ session: ClientSession, _ url: ServerURL) {
    let before = sessions.withLock { $0.updateValue(session, forKey: Self.place(url)) }
    if let before { Task { await before.quit() } }
  }

  func takeAll() -> [ClientSession] {
    sessions.withLock { sessions in
      defer { sessions = [:] }
      return Array(sessions.values)
    }
  }
}

/// Who has logged in where, in this run.
final class KnownCredentials: Sendable {
  private let state = Mutex<(credentials: [String: Credentials], warned: Set<String>)>(([:], []))

  func credentials(_ place: String) -> Credentials? { state.withLock { $0.credentials[place] } }

  func remember(_ credentials: Credentials, _ place: String) { state.withLock { $0.credentials[place] = credentials } }

  static func place(_ url: ServerURL) -> String {
    "\(Output.hexadecimal(url.user ?? []))@\(url.host):\(url.effectivePort)"
  }

  /// Whether somebody knows that a password goes there in clear, and wants it.
  func isWarned(_ place: String) -> Bool { state.withLock { $0.warned.contains(place) } }

  func noteWarned(_ place: String) { state.withLock { _ = $0.warned.insert(place) } }

  // MARK: servers

  private let servers = Mutex<[String: (features: ServerFeatures, until: ContinuousClock.Instant)]>([:])

  /// What a server has told it can do, not long ago: later it may be another one.
  func features(_ connection: String) -> ServerFeatures? {
    servers.withLock { servers in
      guard let known = servers[connection], known.until > .now else { return nil }
      return known.features
    }
  }

  func remember(_ features: ServerFeatures, _ connection: String) {
    servers.withLock { $0[connection] = (features, .now + .seconds(60)) }
  }
}
