// What each request of the control socket does.

import ControlProtocol
import FTPServer
import Glibc
import LinuxSystem
import Logging
import SafeText
import ServerLog

extension ControlServer {
  /// Carries out a request. What takes its time is answered later, from another thread.
  func answer(_ request: ControlRequest, _ id: UInt32, _ watcher: Watcher) {
    let reply = { @Sendable [bell] (reply: ControlReply) in
      if watcher.post(reply.encoded(id: id)) { bell.ring() }
    }
    switch request {
    case .status: reply(.status(status))
    case .sessions(let refreshesPaths):
      if refreshesPaths { server.refreshPaths() }
      watcher.own.list = ListInProgress(sessions(), id: id)
    case .paths(let session):
      let isAsked = server.askForPaths(of: session) { found in
        reply(found.map { .paths(ConnectionEntry.all($0)) } ?? .gone)
      }
      if !isAsked { reply(.gone) }
    case .subscribe(let subscription): subscribe(watcher, subscription, id)
    case .kick(let selector, let words):
      let (own, name) = (kick(selector, words, watcher), watcher.name)
      if case .refused(.invalid, _) = own { return reply(own) }
      atPredecessors(request, own, reply) { [logger] count in logger.notice("\(name) ends \(count) of them there") }
    case .say(let selector, let words):
      let (own, name) = (say(selector, words, watcher), watcher.name)
      if case .refused(.invalid, _) = own { return reply(own) }
      atPredecessors(request, own, reply) { [logger] count in logger.notice("\(name) tells \(count) of them there") }
    case .ban(let address, let seconds, let reason):
      act(reply) { (bans) throws(BanRefusal) in
        try bans.ban(address, for: seconds == 0 ? nil : .seconds(Int64(seconds)), reason: reason)
      }
      logger.notice("\(watcher.name) bans \(quoted(address))")
      tellPredecessors(request)
    case .unban(let address):
      act(reply) { (bans) throws(BanRefusal) in
        if try !bans.unban(address) { throw BanRefusal("there is no ban of \(quoted(address))") }
      }
      logger.notice("\(watcher.name) takes the ban of \(quoted(address)) back")
      tellPredecessors(request)
    case .bans:
      guard let bans else { return reply(.noBans) }
      watcher.own.list = ListInProgress(bans.bans, id: id)
    case .reload:
      logger.notice("\(watcher.name) asks for a reload")
      queue.async { [actions] in
        reply(
          actions.reloadForOperator()
            ? .done(1) : .refused(.failed, "the settings cannot be used, those in force stay; the log tells why"))
      }
    case .drain(let seconds):
      let isNew = actions.drain(within: seconds == 0 ? nil : .seconds(Int64(seconds)), for: watcher.name)
      reply(isNew ? .done(UInt32(clamping: server.activeTransfers)) : .refused(.failed, "it is ending already"))
    case .level(let level):
      if let level, level.loggerLevel != log.level {
        logger.notice("\(watcher.name) sets log.level from \(log.level) to \(level.name)")
        log.level = level.loggerLevel
      }
      reply(.level(ControlLevel(log.level)))
    case .origin: tellOrigin(id, watcher)
    case .takeOver: handOver(id, watcher)
    case .succeed: reply(.refused(.invalid, "it has not been given anything yet"))
    case .settings:
      queue.async { [actions] in
        let text = Array(actions.describeSettings().utf8)
        for start in stride(from: 0, to: text.count, by: ControlLimits.line) {
          reply(.text(Array(text[start..<min(start + ControlLimits.line, text.count)])))
        }
        reply(.done(UInt32(clamping: text.count)))
      }
    case .accounts(let pattern, let first, let count):
      tellAccounts(matching: pattern, from: first, count: count, id, watcher)
    case .account(let name): tellFields(of: name, id, watcher)
    case .edit(let edit): self.edit(edit, id, watcher)
    case .explain(let question): explain(question, id, watcher)
    case .disks: tellDisks(id, watcher)
    case .certificates:
      let certificates = server.certificateExpiries.prefix(ControlLimits.certificates)
      reply(.certificates(certificates.map { CertificateEntry(host: $0.host, expires: UInt64(max(0, $0.time))) }))
    }
  }

  /// Has processes with sessions of before do the same, if there are any, and answers with what all of them have done.
  private func atPredecessors(
    _ request: ControlRequest, _ own: ControlReply, _ reply: @escaping @Sendable (ControlReply) -> Void,
    _ log: @escaping @Sendable (Int) -> Void
  ) {
    if actions.predecessors.isEmpty { return reply(own) }
    queue.async { [actions] in
      let theirs = actions.askPredecessors(request)
      if theirs > 0 { log(theirs) }
      guard theirs > 0 else { return reply(own) }
      if case .done(let count) = own {
        reply(.done(count &+ UInt32(clamping: theirs)))
      } else {
        reply(.done(UInt32(clamping: theirs)))
      }
    }
  }

  private func tellPredecessors(_ request: ControlRequest) {
    if !actions.predecessors.isEmpty { queue.async { [actions] in _ = actions.askPredecessors(request) } }
  }

  private func act(_ reply: (ControlReply) -> Void, _ body: (any BanKeeper) throws(BanRefusal) -> Void) {
    guard let bans else { return reply(.noBans) }
    do throws(BanRefusal) {
      try body(bans)
      reply(.done(1))
    } catch {
      reply(.refused(.invalid, error.reason))
    }
  }

  /// What all who ask within a tenth of a second are told: a hundred watchers cost little more than one.
  private func sessions() -> [SessionEntry] {
    let now = MonotonicTime.now
    if let lastList, now.since(lastList.time) < Self.listAge { return lastList.sessions }
    let sessions = server.sessions.map { SessionEntry($0, at: now) }
    lastList = (now, sessions)
    return sessions
  }

  private var status: StatusEntry {
    let figures = server.statistics
    return StatusEntry(
      version: version, process: UInt32(getpid()), uptime: UInt64(max(0, MonotonicTime.now.since(started)) / 1_000_000),
      isDraining: actions.isDraining, level: ControlLevel(log.level),
      listeners: server.listeners.map { "\($0)" } + server.openDoors.map { "\($0.door)" },
      sessions: UInt64(figures.sessions), transfers: UInt64(figures.transfersRunning),
      completed: UInt64(figures.transfersCompleted), failed: UInt64(figures.transfersFailed), sent: figures.bytesSent,
      received: figures.bytesReceived, multipath: UInt64(figures.multipathConnections),
      fallbacks: UInt64(figures.fallbacks), watchers: UInt32(watchers.count), successor: actions.successor ?? 0,
      predecessors: actions.predecessors)
  }

  private func subscribe(_ watcher: Watcher, _ subscription: Subscription, _ id: UInt32) {
    watcher.own.events?.end()
    watcher.own.log?.end()
    _ = watcher.post(ControlReply.done(0).encoded(id: id))
    watcher.own.events = subscription.events.map { level in
      server.watchEvents(from: level.loggerLevel) { [bell] event in
        if watcher.post(ControlReply.event(EventEntry(event)).encoded(id: id)) { bell.ring() }
      }
    }
    watcher.own.log = subscription.log.map { level in
      log.tap(from: level.loggerLevel, subscription.form == .json ? .json : .text) { [bell] level, line in
        if watcher.post(ControlReply.line(ControlLevel(level), line).encoded(id: id)) { bell.ring() }
      }
    }
  }

  private func kick(_ selector: SessionSelector, _ words: String, _ watcher: Watcher) -> ControlReply {
    let text = words.isEmpty ? "The operator has ended this session." : oneLine(words)
    guard let (chosen, meant) = choose(selector) else { return .noNetwork(selector) }
    let ended = chosen.count { server.end(session: $0.id, saying: text) }
    guard ended > 0 else { return .refused(.notFound, "there is no \(meant)") }
    logger.notice("\(watcher.name) ends \(ended == 1 ? "" : "\(ended) times ")\(meant), saying \(quoted(text))")
    return .done(UInt32(ended))
  }

  private func say(_ selector: SessionSelector, _ words: String, _ watcher: Watcher) -> ControlReply {
    let text = oneLine(words)
    guard !text.isEmpty else { return .refused(.invalid, "there is nothing to say") }
    guard let (chosen, meant) = choose(selector) else { return .noNetwork(selector) }
    guard !chosen.isEmpty else { return .refused(.notFound, "there is no \(meant)") }
    let told = chosen.count { server.say(text, to: $0.id) }
    guard told > 0 else { return .refused(.tooMany, "as much as can be waits for \(meant) already") }
    logger.notice("\(watcher.name) tells \(told == 1 ? "" : "\(told) times ")\(meant) \(quoted(text))")
    return .done(UInt32(told))
  }

  /// The sessions that are meant, and in words; nil: what should be an address is none.
  private func choose(_ selector: SessionSelector) -> (sessions: [SessionSummary], meant: String)? {
    switch selector {
    case .session(let id): return (server.sessions.filter { $0.id == id }, "session \(id)")
    case .user(let name):
      return (
        server.sessions.filter { $0.user == name && !name.isEmpty },
        "session of user \(quoted(String(decoding: name, as: UTF8.self)))"
      )
    case .address(let text):
      guard let network = IPNetwork(text) else { return nil }
      return (server.sessions.filter { network.contains($0.peer.address) }, "session from \(network)")
    }
  }

  /// A reply is one line: controls become question marks.
  private func oneLine(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || 0x7F...0x9F ~= $0.value ? "?" : $0 }))
  }
}

extension ControlReply {
  fileprivate static var gone: ControlReply { .refused(.notFound, "there is no session of that number") }
  fileprivate static func noNetwork(_ selector: SessionSelector) -> ControlReply {
    let text = if case .address(let text) = selector { text } else { "" }
    return .refused(.invalid, "\(quoted(text)) is no address or network such as 192.0.2.1 or 2001:db8::/32")
  }
  fileprivate static var noBans: ControlReply { .refused(.unavailable, "this server keeps no bans") }
}
