// Tests that watchers see what happens, and that sessions never notice them: slow ones, dead ones, a hundred of them.

import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(.onThreads) struct WatcherTests {
  /// The next packet of a subscription that fulfils `condition`.
  private func next(
    _ client: borrowing ControlClient, _ what: String, _ condition: (ControlReply) -> Bool
  ) throws -> ControlReply {
    for _ in 0..<1000 {
      guard let (_, reply) = try client.next(within: .seconds(60)) else { break }
      if condition(reply) { return reply }
    }
    throw TestFailure("no \(what)")
  }

  @Test func eventsComeToThoseWhoSubscribe() throws {
    let control = try ControlledServer()
    var watcher = try control.client()
    _ = try watcher.ask(.subscribe(Subscription(events: .debug)))
    let client = try control.server.session("alice")
    let login = try next(watcher, "login") { if case .event(let event) = $0 { event.kind == .login } else { false } }
    guard case .event(let event) = login else { return }
    #expect(event.user == Array("alice".utf8))
    #expect(event.reply == 230)
    #expect(event.level == .info)
    #expect(event.time > 1_700_000_000_000_000_000)
    try client.store("STOR file", Array("text".utf8))
    let upload = try next(watcher, "upload") {
      if case .event(let event) = $0 { event.kind == .transferEnded } else { false }
    }
    guard case .event(let ended) = upload else { return }
    #expect(ended.path == Array("/file".utf8))
    #expect(ended.bytes == 4)
    try client.command("NOOP", expecting: 200)
    _ = try next(watcher, "command") { if case .event(let event) = $0 { event.verb == "NOOP" } else { false } }
  }

  @Test func aLogReaderHasALevelOfItsOwn() throws {
    let control = try ControlledServer()
    var watcher = try control.client()
    _ = try watcher.ask(.subscribe(Subscription(log: .debug, form: .json)))
    let client = try control.server.session("alice")
    try client.command("NOOP", expecting: 200)
    let line = try next(watcher, "line") {
      if case .line(_, let line) = $0 {
        String(decoding: line, as: UTF8.self).contains("\"verb\":\"NOOP\"")
      } else {
        false
      }
    }
    guard case .line(let level, let text) = line else { return }
    #expect(level == .debug)
    #expect(text.first == 0x7B && text.last == 0x0A)
    // The server's own log stays as it is.
    #expect(!control.server.process.errorText.contains("NOOP"))
  }

  @Test func aWatcherThatDoesNotReadIsDropped() throws {
    let control = try ControlledServer()
    var watcher = try control.client()
    _ = try watcher.ask(.subscribe(Subscription(events: .debug, log: .debug)))
    let client = try control.server.session()
    let dropped = "dropped a watcher that does not read"
    // Nothing is read from here on.
    let isDropped = try Deadline.after(.seconds(120)).until {
      for _ in 0..<500 { try client.send("NOOP") }
      for _ in 0..<500 { try client.expect(200) }
      return control.server.process.errorText.contains(dropped)
    }
    #expect(isDropped)
    // What was sent before can still be read, then the connection is at its end.
    #expect(throws: ControlClientError.self) {
      while true { _ = try watcher.next(within: .seconds(60)) }
    }
    try client.command("NOOP", expecting: 200)
    #expect(try control.status().watchers == 1)
  }

  @Test func aWatcherThatTakesNoAnswerIsDropped() throws {
    let control = try ControlledServer()
    let clients = try (0..<200).map { _ in try control.server.client() }
    var watcher = try control.client()
    // It asks for list after list and reads none; the server stops reading what it asks, and after ten seconds has enough.
    var isFull = false
    for _ in 0..<20_000 where !isFull {
      do { try watcher.send(.sessions(refreshingPaths: false)) } catch { isFull = true }
    }
    #expect(isFull)
    try waitForLog(control.server.process, "dropped a watcher that does not read")
    try clients[0].command("NOOP", expecting: 200)
  }

  @Test func killedWatchersAreForgotten() throws {
    let control = try ControlledServer()
    let client = try control.server.session()
    let watchers = try [["who", "--json", "--interval", "0.1"], ["log", "--level", "trace"], ["log", "--events"]].map {
      try ChildProcess([try Server.binary()] + $0 + ["--socket", control.path])
    }
    #expect(try Deadline.after(.seconds(60)).until { try control.status().watchers == 4 })
    _ = try watchers[0].waitForLines(2, patience: .seconds(60))
    for watcher in watchers { watcher.signal(SIGKILL) }
    for _ in 0..<50 { try client.command("NOOP", expecting: 200) }
    #expect(try Deadline.after(.seconds(60)).until { try control.status().watchers == 1 })
    try client.quit()
  }

  @Test func aHundredWatchersDoNoHarm() throws {
    let control = try ControlledServer()
    let (alice, data) = try control.stalledDownload()
    var watchers: [HeldClient] = []
    for number in 0..<100 {
      let watcher = HeldClient(try control.client())
      if number.isMultiple(of: 2) { try watcher.ask(.subscribe(Subscription(events: .debug))) }
      watchers.append(watcher)
    }
    let client = try control.server.session("alice")
    try control.server.root.write("small", Array("text".utf8))
    try client.command("TYPE I", expecting: 200)
    for round in 0..<20 {
      for watcher in watchers { try watcher.send(.sessions(refreshingPaths: true)) }
      #expect(try client.retrieve("RETR small") == Array("text".utf8), "round \(round)")
      for watcher in watchers { try watcher.receiveList() }
    }
    #expect(try control.status().watchers == 101)
    #expect(try data.readToEnd().count == 16 << 20)
    try alice.expect(226)
    watchers = []
    #expect(try Deadline.after(.seconds(60)).until { try control.status().watchers == 1 })
  }

  @Test func moreThanTheLimitAreTurnedAway() throws {
    let control = try ControlledServer()
    var watchers: [HeldClient] = []
    var refusal: String?
    for _ in 0..<300 where refusal == nil {
      let watcher = HeldClient(try control.client())
      do { try watcher.ask(.status) } catch { refusal = "\(error)" }
      watchers.append(watcher)
    }
    #expect(watchers.count == 257)
    #expect(refusal == "256 operators are connected already")
  }
}

/// A client among many.
private final class HeldClient {
  private var client: ControlClient

  init(_ client: consuming ControlClient) { self.client = client }

  func ask(_ request: ControlRequest) throws { _ = try client.ask(request, within: .seconds(60)) }
  func send(_ request: ControlRequest) throws { try client.send(request) }

  /// Reads to the end of a list, past the events between.
  func receiveList() throws {
    while true {
      guard let (_, reply) = try client.next(within: .seconds(60)) else { throw TestFailure("no list") }
      if case .done = reply { return }
    }
  }
}
