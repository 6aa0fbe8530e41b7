// Links are good once, logins end.

import Logging
import Testing

@testable import ConsoleServer

struct LoginBookTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test func aLinkIsGoodOnce() throws {
    let book = LoginBook(idle: .seconds(60), life: .seconds(60), logger: logger)
    let secret = try #require(book.makeLink(for: "root"))
    #expect(secret.count == 32)
    // No digit of a secret is an x.
    #expect(book.redeem("x" + secret.dropFirst()) == nil)
    #expect(book.redeem(secret) == "root")
    #expect(book.redeem(secret) == nil)
  }

  @Test func linksAreBounded() {
    let book = LoginBook(idle: .seconds(60), life: .seconds(60), logger: logger)
    for _ in 0..<32 { #expect(book.makeLink(for: "root") != nil) }
    #expect(book.makeLink(for: "root") == nil)
  }

  @Test func aLoginEndsWhenItIsNotUsed() async throws {
    let book = LoginBook(idle: .milliseconds(200), life: .seconds(60), logger: logger)
    let session = BrowserSession(who: "root", isOperator: true, client: nil, files: nil)
    #expect(book.add(session))
    #expect(book.find(session.cookie, isUse: true) === session)
    #expect(book.find(session.token, isUse: true) == nil)
    try await Task.sleep(for: .milliseconds(400))
    #expect(book.find(session.cookie, isUse: true) == nil)
    #expect(session.isEnded)
  }

  @Test func aLoginEndsAfterItsTime() async throws {
    let book = LoginBook(idle: .seconds(60), life: .milliseconds(200), logger: logger)
    let session = BrowserSession(who: "root", isOperator: true, client: nil, files: nil)
    #expect(book.add(session))
    try await Task.sleep(for: .milliseconds(400))
    #expect(book.find(session.cookie, isUse: true) == nil)
  }
}
