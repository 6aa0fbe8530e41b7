// A user's FTP sessions with weftpd: opened when they are needed, kept for a moment, never more than a few.

import FTPClient
import FTPProtocol
import HTTPTypes
import LinuxSystem
import Synchronization

/// What a login of a browser may use of FTP. weftpd decides what the user may do; here nothing is decided.
actor FileAccount {
  /// How the page wants data to travel.
  struct Ways: Codable, Sendable, Equatable {
    /// `passive` or `active`.
    var data = "passive"
    /// `I` or `A`.
    var type = "I"
  }

  private struct Kept {
    let session: ClientSession
    let since: MonotonicTime
  }

  nonisolated let panel: Panel
  /// How many requests use a session now, or wait for one.
  private nonisolated let users = Mutex(0)
  /// Where the user begins.
  nonisolated let home: [UInt8]

  private let options: ConsoleOptions
  private let runtime: ClientRuntime
  private let client: SocketAddress?
  private let credentials: Credentials
  private var limit: Int
  private var open = 0
  private var idle: [Kept] = []
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var isClosed = false
  private var generation = 0
  private var inUse: [ObjectIdentifier: (session: ClientSession, generation: Int)] = [:]
  private(set) var ways = Ways()
  private var keeper: Task<Void, Never>?

  /// Sessions of one login at one time: one to look around while three transfers run.
  private static let most = 4
  /// A session that nobody uses is ended after so long.
  private static let idleTime: Int64 = 60_000_000_000

  /// Logs in.
  ///
  /// - Parameter code: of the second factor, behind the password. It is good for one session, so there will be one only.
  static func logIn(
    user: String, password: String, code: String, _ options: ConsoleOptions, _ runtime: ClientRuntime,
    for client: SocketAddress?
  ) async throws(ClientError) -> FileAccount {
    let credentials = Credentials(user: user, password: password + code)
    let panel = Panel()
    let first = try await connect(options, runtime, client, Ways(), panel)
    do throws(ClientError) {
      try await first.login(credentials)
      let home = try await first.workingDirectory()
      let account = FileAccount(
        first, options, runtime, client, credentials, home.bytes, panel, limit: code.isEmpty ? most : 1)
      await account.startKeeper()
      return account
    } catch {
      await first.quit()
      throw error
    }
  }

  private init(
    _ first: ClientSession, _ options: ConsoleOptions, _ runtime: ClientRuntime, _ client: SocketAddress?,
    _ credentials: Credentials, _ home: [UInt8], _ panel: Panel, limit: Int
  ) {
    self.options = options
    self.runtime = runtime
    self.client = client
    self.credentials = credentials
    self.home = home
    self.panel = panel
    self.limit = limit
    open = 1
    idle = [Kept(session: first, since: .now)]
    keeper = nil
  }

  private static func connect(
    _ options: ConsoleOptions, _ runtime: ClientRuntime, _ client: SocketAddress?, _ ways: Ways, _ panel: Panel
  ) async throws(ClientError) -> ClientSession {
    var wanted = ClientOptions()
    wanted.security = options.ftpSecurity
    // Nobody is on the way to a server of this host; and its certificate is for another name.
    if IPAddress(options.ftpHost)?.isLoopback == true { wanted.tls.trust = .insecureAcceptAnyCertificate }
    wanted.dataMode = ways.data == "active" ? .active : .passive
    if let socket = options.ftpSocket {
      wanted.passedOn = PassedOn(socket: socket, client: client)
    } else if let source = options.ftpSource {
      wanted.passedOn = PassedOn(source: source, client: client)
    }
    let number = panel.nextSession()
    wanted.trace = { panel.add($0, session: number) }
    return try await ClientSession.connect(
      to: options.ftpHost, port: options.ftpPort, options: wanted, runtime: runtime)
  }

  /// Whether something is being done with the files: a transfer may take longer than a login may be idle.
  nonisolated var isBusy: Bool { users.withLock { $0 > 0 } }

  // MARK: - Sessions

  /// Runs `body` with a session of its own, which is given back afterwards.
  func withSession<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: (ClientSession) async throws -> Value
  ) async throws -> Value {
    users.withLock { $0 += 1 }
    defer { users.withLock { $0 -= 1 } }
    let session = try await take()
    do {
      // Where the session runs, so that the pieces of a file do not go from thread to thread.
      let value = try await withTaskExecutorPreference(session.taskExecutor) { try await body(session) }
      await giveBack(session)
      return value
    } catch {
      await giveBack(session)
      throw error
    }
  }

  private func take() async throws -> ClientSession {
    startKeeper()
    while true {
      if isClosed { throw Problem(.unauthorized, "You have logged out.") }
      while let kept = idle.popLast() {
        if await isGood(kept) { return await use(kept.session) }
        open -= 1
      }
      if open < limit { return await use(try await openAnother()) }
      await withCheckedContinuation { waiting.append($0) }
      if Task.isCancelled {
        // What this one was woken for is somebody else's now.
        wakeOne()
        throw CancellationError()
      }
    }
  }

  private func use(_ session: ClientSession) async -> ClientSession {
    inUse[ObjectIdentifier(session)] = (session, generation)
    await session.use(TransferFormat(type: ways.type == "A" ? .ascii(.nonPrint) : .image))
    return session
  }

  private func isGood(_ kept: Kept) async -> Bool {
    guard await kept.session.isOpen else { return false }
    if MonotonicTime.now.since(kept.since) < 10_000_000_000 { return true }
    do throws(ClientError) { try await kept.session.noop() } catch { return false }
    return true
  }

  private func openAnother() async throws(ClientError) -> ClientSession {
    open += 1
    do throws(ClientError) {
      let session = try await Self.connect(options, runtime, client, ways, panel)
      do throws(ClientError) { try await session.login(credentials) } catch {
        await session.quit()
        throw error
      }
      return session
    } catch {
      open -= 1
      // The server has enough of this user's sessions, or the code was good for one: what there is has to do.
      if error.code == .loginRefused, open > 0 { limit = open }
      wakeOne()
      throw error
    }
  }

  private func giveBack(_ session: ClientSession) async {
    let isCurrent = inUse.removeValue(forKey: ObjectIdentifier(session))?.generation == generation
    if isCurrent, !isClosed, await session.isOpen {
      idle.append(Kept(session: session, since: .now))
    } else {
      open -= 1
      await session.quit()
    }
    wakeOne()
  }

  private func wakeOne() { if !waiting.isEmpty { waiting.removeFirst().resume() } }

  /// Ends sessions that nobody has used for a while; the last one is kept alive instead, where it could not be opened again.
  private func startKeeper() {
    guard keeper == nil, !isClosed else { return }
    keeper = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(20))
        await self?.tend()
      }
    }
  }

  private func tend() async {
    let old = idle.filter { MonotonicTime.now.since($0.since) > Self.idleTime }
    guard !old.isEmpty else { return }
    idle.removeAll { kept in old.contains { $0.session === kept.session } }
    for kept in old {
      if limit == 1, await isGood(kept) {
        idle.append(kept)
      } else {
        open -= 1
        await kept.session.quit()
      }
    }
    wakeOne()
  }

  // MARK: - Ways

  /// Chooses between passive and active mode, TYPE I and A; for transfers that begin from now on.
  func choose(_ wanted: Ways) async throws(Problem) {
    guard ["passive", "active"].contains(wanted.data), ["I", "A"].contains(wanted.type) else {
      throw Problem(.badRequest, "There is no such mode or type.")
    }
    if wanted.data == "active", options.ftpSocket != nil {
      throw Problem(.conflict, "Only the passive mode is possible here.")
    }
    if wanted.data != ways.data {
      guard limit > 1 else {
        throw Problem(.conflict, "The mode belongs to the session, and your code is good for this one only.")
      }
      generation += 1
      let old = idle
      idle = []
      for kept in old {
        open -= 1
        await kept.session.quit()
      }
    }
    ways = wanted
  }

  /// Ends all sessions, also those in the midst of a transfer.
  func close() async {
    isClosed = true
    keeper?.cancel()
    for kept in idle { await kept.session.quit() }
    for (session, _) in inUse.values { await session.close() }
    idle = []
    while !waiting.isEmpty { wakeOne() }
  }
}
