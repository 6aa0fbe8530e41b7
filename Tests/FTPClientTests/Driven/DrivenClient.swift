// A client that does what bytes choose, against the driven server.

import FTPClient
import FTPProtocol

struct DrivenClient: Sendable {
  let choices: Choices
  let server: DrivenServer
  let runtime: ClientRuntime
  let place: SessionCheck.Place

  init(_ choices: Choices, _ server: DrivenServer, _ runtime: ClientRuntime, _ place: SessionCheck.Place) {
    self.choices = choices
    self.server = server
    self.runtime = runtime
    self.place = place
  }

  private static let names: [RemotePath] = ["a", "sub", "sub/b", "/a", "none", "../out"]

  /// - Returns: what is wrong.
  func run() async -> String? {
    let mode: ClientOptions.DataMode = [.automatic, .passive, .active][choices.below(8) % 3]
    let session: ClientSession
    do throws(ClientError) { session = try await open(mode) } catch { return nil }
    let pool = SessionPool(limit: 3) { () async throws(ClientError) in try await open(mode) }
    var found: String?
    for _ in 0..<3 where found == nil {
      do throws(ClientError) { found = try await act(session, pool) } catch {
        // Whatever it was, the next call is answered, with an error if need be. This one was nobody's wish.
        if error.code == .cancelled || error.code == .caller { found = "\(error)" }
      }
    }
    await pool.quit()
    await session.quit()
    if await session.isOpen { return "it is open behind its end" }
    return found
  }

  private func open(_ mode: ClientOptions.DataMode) async throws(ClientError) -> ClientSession {
    var options = ClientOptions()
    options.security = .ifOffered
    options.tls.trust = .insecureAcceptAnyCertificate
    options.dataMode = mode
    options.timeouts.connect = .seconds(2)
    options.timeouts.reply = .milliseconds(250)
    options.timeouts.dataConnect = .milliseconds(100)
    options.timeouts.abort = .milliseconds(100)
    options.timeouts.stall = .milliseconds(250)
    let address = (0..<4).map { "\(server.address >> (24 - 8 * $0) & 255)" }.joined(separator: ".")
    let session = try await ClientSession.connect(to: address, port: server.port, options: options, runtime: runtime)
    do throws(ClientError) { try await session.login(Credentials(user: "u", password: "p")) } catch {
      await session.close()
      throw error
    }
    return session
  }

  private func act(_ session: ClientSession, _ pool: SessionPool) async throws(ClientError) -> String? {
    let name = Self.names[choices.below(Self.names.count)]
    let into = try LocalDirectory("\(place.path)/into")
    switch choices.below(16) {
    case 0: _ = try await session.list(name)
    case 1: _ = try await session.list(nil, .list)
    case 2: return try await read(session, name, all: true)
    case 3: return try await read(session, name, all: false)
    case 4: return try await fetch(session, name, into)
    case 5, 6: return try await mirror(session, pool, .down, into)
    case 7: return try await mirror(session, pool, .up, try LocalDirectory("\(place.path)/from"))
    case 8: try await session.deliver(Array("b".utf8), in: try LocalDirectory("\(place.path)/from"), to: name)
    case 9: try await segments(session, pool, name, into)
    case 10: try await commands(session, name)
    case 11:
      let task = Task { [choices] in
        if choices.next() < 128 {
          _ = try await session.list(name)
        } else {
          _ = try await read(session, name, all: true)
        }
      }
      task.cancel()
      _ = await task.result
      if await session.isOpen { try await session.noop() }
    case 12: try await batch(session, pool, into)
    case 13:
      try await session.write(
        name,
        from: AsyncStream {
          $0.yield([1, 2, 3])
          $0.finish()
        })
    case 14: _ = try await session.compare(Array("a".utf8), in: try LocalDirectory("\(place.path)/from"), with: name)
    default: _ = try await session.listingLines(name)
    }
    return nil
  }

  private func read(_ session: ClientSession, _ name: RemotePath, all: Bool) async throws(ClientError) -> String? {
    let count = try await session.read(name) { (bytes) throws(ClientError) -> Int in
      var count = 0
      for try await piece in bytes {
        if piece.isEmpty { return -1 }
        count += piece.count
        if !all { break }
      }
      return count
    }
    return count < 0 ? "an empty piece" : nil
  }

  private func fetch(
    _ session: ClientSession, _ name: RemotePath, _ into: LocalDirectory
  ) async throws(ClientError) -> String? {
    var options = WholeFileOptions()
    options.verifies = choices.isUnlucky(one: 3)
    let local = Array("fetched".utf8)
    let report = try await session.fetch(name, to: local, in: into, options)
    guard let status = try into.status(local), status.isRegular else { return "a file that was fetched is not there" }
    return UInt64(status.size) == report.size ? nil : "\(status.size) bytes were fetched, \(report.size) were told"
  }

  private func mirror(
    _ session: ClientSession, _ pool: SessionPool, _ direction: Mirror.Direction, _ local: LocalDirectory
  ) async throws(ClientError) -> String? {
    var mirror = Mirror(direction, session, local: local, remote: choices.isUnlucky(one: 2) ? "sub" : "/")
    if choices.isUnlucky(one: 3) { mirror.pool = pool }
    let bits = choices.next()
    // What is sent from has to stay as it is, so only the other way deletes.
    mirror.options.deletes = bits & 1 != 0
    mirror.options.keepsModes = bits & 2 != 0
    mirror.options.links = bits & 4 != 0 ? .keep : bits & 8 != 0 ? .follow : .skip
    if bits & 16 != 0 { mirror.options.comparison = .digest }
    let (plan, _) = try await mirror.plan()
    let report = try await mirror.run(plan)
    return report.copied > plan.copies.count ? "more was copied than was planned" : nil
  }

  private func segments(
    _ session: ClientSession, _ pool: SessionPool, _ name: RemotePath, _ into: LocalDirectory
  ) async throws(ClientError) {
    var options = SegmentOptions(.count(2))
    options.retries = 1
    options.pause = .milliseconds(1)
    options.block = 1024
    let transfer = SegmentedTransfer(session, pool: pool, options)
    if choices.isUnlucky(one: 2) {
      _ = try await transfer.deliver(Array("b".utf8), in: try LocalDirectory("\(place.path)/from"), to: name)
    } else {
      _ = try await transfer.fetch(name, to: Array("parts".utf8), in: into)
    }
  }

  private func commands(_ session: ClientSession, _ name: RemotePath) async throws(ClientError) {
    _ = try await session.workingDirectory()
    _ = try await session.facts(name)
    _ = try await session.digest(name)
    _ = try await session.modificationTime(name)
    try await session.rename(name, to: "b")
    _ = try await session.makeDirectory("new")
    _ = try await session.clockDifference(in: "/")
    try await session.setMode(name, 0o600)
  }

  private func batch(_ session: ClientSession, _ pool: SessionPool, _ into: LocalDirectory) async throws(ClientError) {
    var batch = TransferBatch(.down, session, into)
    if choices.isUnlucky(one: 2) { batch.pool = pool }
    let files = ["a", "b", "c d", "e", "sub/a", "link"].map {
      TransferBatch.File(
        RemotePath($0), local: Array($0.split(separator: "/").joined(separator: "-").utf8),
        size: UInt64($0.utf8.reduce(0) { $0 + Int($1) } % 3000))
    }
    try await batch.run(files)
  }
}
