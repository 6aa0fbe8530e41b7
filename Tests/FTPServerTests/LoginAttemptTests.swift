// What the budget of login attempts means for clients: how many passwords are looked at, what is answered, who is not held up.

import Accounts
import LinuxSystem
import TestSupport
import Testing

@testable import FTPServer

@Suite(.timeLimit(.minutes(5))) struct LoginAttemptTests {
  private func accounts(_ home: TemporaryDirectory, _ options: String = "rw") throws -> AccountSource {
    let line = "bob:\(SampleHash.ofSecret):\(home.path):\(options)\n"
    return AccountSource(directory: try UserTable.parse(Array(line.utf8), source: "users"))
  }

  private func client(_ address: SocketAddress, from source: String = "127.0.0.1") throws -> FTPClient {
    let client = try FTPClient(address, from: source)
    try client.expect(220)
    return client
  }

  /// One wrong password; the code of the answer.
  private func fail(_ address: SocketAddress, _ user: String, from source: String) throws -> Int? {
    let client = try client(address, from: source)
    try client.command("USER \(user)", expecting: 331)
    try client.send("PASS wrong")
    return try client.code()
  }

  @Test func onlyTheBudgetIsLookedAtHoweverManyTryAtOnce() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try accounts(home)) { _, address in
      let clients = try (0..<40).map { _ in try client(address, from: "127.0.0.2") }
      for client in clients { try client.command("USER bob", expecting: 331) }
      for client in clients { try client.send("PASS wrong") }
      // A right login from elsewhere waits for those that are being hashed, not for all.
      let other = try client(address, from: "127.0.0.3")
      try other.logIn("bob", "secret")
      var codes: [Int: Int] = [:]
      for client in clients { codes[try client.code() ?? 0, default: 0] += 1 }
      let burst = LoginBudget.Rates().pair.burst
      // As many as are hashed at once may have begun before the last failure was counted.
      let looked = codes[530] ?? 0
      #expect((burst...burst + PasswordVerifier.processors).contains(looked))
      #expect(codes[421] == 40 - looked)
      // And the right password is not looked at either.
      let late = try client(address, from: "127.0.0.2")
      try late.command("USER bob", expecting: 331)
      try late.command("PASS secret", expecting: 421)
      #expect(try late.nextReply() == nil)
    }
  }

  @Test func aKnownUserIsNotHeldUpByNeighbours() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try accounts(home)) { server, address in
      try client(address, from: "127.0.0.2").logIn("bob", "secret")
      let neighbour = [IPAddress(ipv4: 0x7F00_0002)]
      // What neighbours have done to the address, and a flood from elsewhere to the user.
      for number in 0..<LoginBudget.Rates().address.burst {
        server.context.budget.recordFailure(Array("u\(number)".utf8), from: neighbour)
        server.context.budget.recordFailure(Array("bob".utf8), from: [IPAddress(ipv4: UInt32(0x0A00_0000 + number))])
      }
      #expect(try fail(address, "carol", from: "127.0.0.2") == 421)
      try client(address, from: "127.0.0.2").logIn("bob", "secret")
    }
  }

  @Test func theLastRefusalIsFinalToo() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try accounts(home)) { _, address in
      let client = try client(address)
      for attempt in 1...3 {
        try client.command("USER bob", expecting: 331)
        let text = try client.command("PASS wrong", expecting: 530).text
        #expect(text == (attempt < 3 ? "Login incorrect." : "Login incorrect too many times. Goodbye."))
      }
      #expect(try client.nextReply() == nil)
    }
  }

  @Test func codesOfAUserHaveABudgetWhereverTheyComeFrom() async throws {
    let home = try TemporaryDirectory()
    try await withServer(try accounts(home, "rw,totp=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")) { _, address in
      let burst = LoginBudget.Rates().codes.burst
      for number in 0..<burst {
        let client = try client(address, from: "127.0.0.\(number + 2)")
        try client.command("USER bob", expecting: 331)
        try client.command("PASS secret000000", expecting: 530)
      }
      let client = try client(address, from: "127.0.0.99")
      try client.command("USER bob", expecting: 331)
      try client.command("PASS secret000000", expecting: 421)
    }
  }

  @Test func oneAddressCannotHoldAllPlaces() async throws {
    let home = try TemporaryDirectory()
    var configuration = ServerConfiguration()
    configuration.limits.beforeLoginPerAddress = 3
    try await withServer(try accounts(home), configuration) { _, address in
      let waiting = try (0..<3).map { _ in try client(address, from: "127.0.0.2") }
      let refused = try FTPClient(address, from: "127.0.0.2")
      try refused.expect(421)
      #expect(try refused.nextReply() == nil)
      try client(address, from: "127.0.0.3").logIn("bob", "secret")
      // Whoever logs in makes room, and REIN takes the place again.
      try waiting[0].logIn("bob", "secret")
      let next = try client(address, from: "127.0.0.2")
      try FTPClient(address, from: "127.0.0.2").expect(421)
      try waiting[0].command("REIN", expecting: 220)
      try next.logIn("bob", "secret")
      try FTPClient(address, from: "127.0.0.2").expect(421)
    }
  }

  @Test func sessionsOfAUserAreLimited() async throws {
    let home = try TemporaryDirectory()
    var configuration = ServerConfiguration()
    configuration.limits.sessionsPerUser = 2
    try await withServer(try accounts(home), configuration) { _, address in
      let (one, two, three) = (try client(address), try client(address), try client(address))
      try one.logIn("bob", "secret")
      try two.logIn("bob", "secret")
      try three.command("USER bob", expecting: 331)
      try three.command("PASS secret", expecting: 421)
      #expect(try three.nextReply() == nil)
      try one.command("REIN", expecting: 220)
      let four = try client(address)
      try four.logIn("bob", "secret")
      try one.command("USER bob", expecting: 331)
      try one.command("PASS secret", expecting: 421)
    }
  }
}
