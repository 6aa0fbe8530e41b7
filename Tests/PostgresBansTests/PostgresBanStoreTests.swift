// Bans in a real PostgreSQL: kept as they are, told to other servers, and written later when the database was away.

import Bans
import Glibc
import LinuxSystem
import PostgresBans
import PostgresClient
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"))
struct PostgresBanStoreTests {
  private static func subject(_ text: String) throws -> BanSubject {
    guard let subject = BanSubject(text) else { throw TestFailure("no subject: \(text)") }
    return subject
  }

  private static func store(_ database: PostgresServer) -> PostgresBanStore {
    PostgresBanStore(PostgresOptions(database.socketConnection))
  }

  @Test func keepsWhatItIsGiven() async throws {
    try await Blocking.run {
      let database = try PostgresServer()
      let store = Self.store(database)
      let now = WallClock.seconds
      let bans = [
        Ban(
          try Self.subject("192.0.2.7"), since: now, until: now + 600, origin: .automatic, reason: "10 failed logins"),
        Ban(
          try Self.subject("2001:db8::/64"), since: now - 5, until: nil, origin: .operator, reason: #"a "b" {c}, \ d"#),
        Ban(try Self.subject("user:al'ice"), since: now, until: nil, origin: .operator, reason: ""),
      ]
      try store.change(adding: bans, removing: [])
      try require(Set(try Self.store(database).list()) == Set(bans), "\(try store.list())")
      // Another end for the same, and one less; what has run out is not kept.
      let longer = Ban(bans[0].subject, since: now, until: now + 6000, origin: .operator, reason: "")
      let over = Ban(try Self.subject("192.0.2.8"), since: now - 60, until: now - 1, origin: .automatic, reason: "")
      try store.change(adding: [longer, over], removing: [bans[1].subject])
      try require(Set(try store.list()) == [longer, bans[2]], "\(try store.list())")
      // What people write by hand and is no ban harms nobody.
      try database.psql("INSERT INTO weftpd.bans (subject) VALUES ('nonsense'), ('192.0.2.9')")
      let subjects = Set(try store.list().map(\.subject.description))
      try require(subjects == ["192.0.2.7", "user:al'ice", "192.0.2.9"], "\(subjects)")
    }
  }

  @Test func aBanOnOneServerHoldsOnTheOtherWithinASecond() async throws {
    try await Blocking.run(slots: Blocking.width) {
      let database = try PostgresServer()
      let news = Mutex<[String]>([])
      let books = try (0..<2).map { _ in
        let book = try BanBook(BanRules(), store: Self.store(database))
        try book.load()
        book.onNews { told in news.withLock { $0 += told.faults } }
        try book.start()
        return book
      }
      guard let address = IPAddress("192.0.2.7") else { throw TestFailure("no address") }
      let subject = BanSubject(client: address)
      func isBanned(_ book: BanBook) -> Bool { book.ban(of: [address]) != nil }
      var longest = Duration.zero
      for _ in 0..<5 {
        for banned in [true, false] {
          let time = try ContinuousClock().measure {
            if banned {
              books[0].add(Ban(subject, since: WallClock.seconds, until: nil, origin: .operator, reason: "test"))
            } else {
              books[0].remove(subject)
            }
            let isSeen = Deadline.after(.seconds(60)).until { isBanned(books[1]) == banned }
            try require(isSeen, "the other server does not hear of it")
          }
          longest = max(longest, time)
        }
      }
      print("a ban on one server held on the other after \(longest) at the latest")
      try require(longest < .seconds(1), "\(longest)")
      // While the database is away, the books go on, and what they decide is written when it is back.
      database.kill()
      books[0].add(Ban(subject, since: WallClock.seconds, until: nil, origin: .operator, reason: "test"))
      try require(isBanned(books[0]), "without the database")
      try require(
        Deadline.after(.seconds(60)).until { news.withLock { $0.contains { $0.contains("cannot be asked") } } },
        "nobody is told")
      try database.start()
      try require(Deadline.after(.seconds(60)).until { isBanned(books[1]) }, "the ban is not written later")
      // Others change it by SQL, too.
      try database.psql("DELETE FROM weftpd.bans")
      try require(Deadline.after(.seconds(60)).until { !isBanned(books[0]) && !isBanned(books[1]) }, "by SQL")
    }
  }
}
