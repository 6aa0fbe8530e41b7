// Limits on bandwidth of sessions: which apply, and that a reload changes them for transfers that run.

import Accounts
import Bandwidth
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct SessionRatesTests {
  private static let size = 3_000_000

  /// bob, with options, and a file that takes minutes at 10 KiB a second.
  private static func accounts(_ home: TemporaryDirectory, _ options: String) throws -> AccountSource {
    let table = try UserTable.parse(
      Array("bob:\(SampleHash.ofSecret):\(home.path):\(options)\n".utf8), source: "users")
    return AccountSource(directory: table)
  }

  private static func slow() -> ServerConfiguration {
    var configuration = ServerConfiguration()
    configuration.rates.down = ByteRate(bytesPerSecond: 10 << 10)
    configuration.rates.up = ByteRate(bytesPerSecond: 10 << 10)
    return configuration
  }

  private func loggedIn(_ address: SocketAddress) throws -> FTPClient {
    let client = try FTPClient(address)
    try client.expect(220)
    try client.logIn("bob", "secret")
    try client.command("TYPE I", expecting: 200)
    return client
  }

  /// A download that would take five minutes, of which a reload makes seconds.
  private func download(
    _ before: ServerConfiguration, _ options: String, _ after: ServerConfiguration, _ newOptions: String
  ) async throws {
    let home = try TemporaryDirectory()
    try home.makeSparse("big", size: Self.size)
    let accounts = try Self.accounts(home, newOptions)
    try await withServer(try Self.accounts(home, options), before) { server, address in
      let client = try loggedIn(address)
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      var received = try data.receive().count
      let start = MonotonicTime.now
      server.reload(configuration: after, accounts: accounts)
      while true {
        let bytes = try data.receive()
        if bytes.isEmpty { break }
        received += bytes.count
      }
      #expect(received == Self.size)
      #expect(MonotonicTime.now.since(start) < 120_000_000_000)
      try client.expect(226)
      try client.quit()
    }
  }

  @Test func aReloadOfTheSettingsChangesATransferThatRuns() async throws {
    try await download(Self.slow(), "rw", ServerConfiguration(), "rw")
  }

  @Test func aReloadOfTheTableChangesATransferThatRuns() async throws {
    try await download(
      ServerConfiguration(), "rw,rate-down=10KiB", ServerConfiguration(), "rw,rate-down=100MiB")
  }

  @Test func whatALimitHoldsBackAnswersMeanwhileAndCanBeAborted() async throws {
    let home = try TemporaryDirectory()
    try home.makeSparse("big", size: Self.size)
    try await withServer(try Self.accounts(home, "rw"), Self.slow()) { server, address in
      let client = try loggedIn(address)
      let data = try client.passive()
      try client.command("RETR big", expecting: 150)
      try client.command("STAT", expecting: 213)
      try client.command("NOOP", expecting: 200)
      let upload = try loggedIn(address)
      let other = try upload.passive()
      try upload.command("STOR new", expecting: 150)
      try other.send([UInt8](repeating: 0, count: 30_000))
      try upload.command("ABOR", expecting: 426)
      try upload.expect(226)
      try client.command("ABOR", expecting: 426)
      try client.expect(226)
      _ = data
      try client.quit()
      try upload.quit()
    }
  }

  @Test func thePlanHasEveryLimitThatApplies() {
    var plan = RatePlan()
    #expect(plan.isEmpty)
    plan.add(.server, down: .unlimited, up: nil)
    #expect(plan.isEmpty)
    plan.add(.user(host: nil, name: [0x62]), down: ByteRate(bytesPerSecond: 5), up: nil)
    plan.add(.group(host: nil, name: "g"), down: ByteRate(bytesPerSecond: 6), up: ByteRate(bytesPerSecond: 7))
    #expect(plan.limits.map(\.rate.bytesPerSecond) == [5, 6, 7])
    let table = RateTable<RateKey>(clock: .system)
    var rates: SessionRates? = SessionRates(plan, in: table)
    #expect(rates?.buckets(.down).count == 2 && rates?.buckets(.up).count == 1)
    let same = SessionRates(plan, in: table)
    #expect(same.buckets(.down)[0] === rates?.buckets(.down)[0])
    rates = nil
    #expect(table.count == 3)
  }
}
