// Logins that do not wait for every answer: what is said in one breath, what is not asked again, and what comes of the answers.

import FTPClient
import FTPProtocol
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct LoginAheadTests {
  private static let features = ["UTF8", "LIMITS connections;total;", "REST STREAM"]

  private static var options: ClientOptions {
    .inClear.with { $0.limits = ClientLimits(TransferLimits(connections: 4)) }
  }

  @Test func theNextCommandDoesNotWaitForOptions() async throws {
    try await Script.run { script in
      try script.welcome(features: Self.features)
      for words in ["OPTS LIMITS", "OPTS UTF8", "TYPE I", "NOOP"] { try script.expect(words) }
      try script.say("200 LIMITS connections=2;", "501 no", "200 binary", "200 I am here")
      try script.expect("QUIT")
      try script.say("221 bye")
    } client: { port, runtime in
      let options = Self.options
      let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
      try await session.login(.anonymous(), goesAhead: true)
      try await session.noop()
      #expect(options.limits?.agreed.connections == 2)
      await session.quit()
    }
  }

  @Test func otherwiseTheAnswersAreThereWithTheLogin() async throws {
    try await Script.run { script in
      try script.welcome(features: Self.features)
      for words in ["OPTS LIMITS", "OPTS UTF8", "TYPE I"] { try script.expect(words) }
      try script.say("200 LIMITS connections=2;", "200 on", "200 binary")
      try script.expect("QUIT")
      try script.say("221 bye")
    } client: { port, runtime in
      let options = Self.options
      let session = try await ClientSession.connect(to: "127.0.0.1", port: port, options: options, runtime: runtime)
      try await session.login(.anonymous())
      #expect(options.limits?.agreed.connections == 2)
      await session.quit()
    }
  }

  private static let known = ServerFeatures(
    features: [.init(label: "UTF8"), .init(label: "LIMITS", parameters: Array("connections;".utf8))])

  /// What another session has learned is not asked for again, and the password follows the name.
  @Test(arguments: ["331 password?", "230 in", "530 no"])
  func aFurtherSessionAsksForNothing(_ answer: String) async throws {
    try await Script.run { script in
      try script.say("220 ready")
      try script.expect("USER bob")
      try script.expect("PASS secret")
      try script.say(answer, answer.hasPrefix("331") ? "230 in" : "503 what for?")
      if !answer.hasPrefix("530") {
        for words in ["OPTS LIMITS", "OPTS UTF8", "TYPE I"] { try script.expect(words) }
        try script.say("200 LIMITS connections=3;", "200 on", "200 binary")
      }
      try script.expect("QUIT")
      try script.say("221 bye")
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: Self.options, runtime: runtime)
      let credentials = Credentials(user: "bob", password: "secret")
      if answer.hasPrefix("530") {
        let error = try await clientError { try await session.login(credentials, known: Self.known) }
        #expect(error.code == .loginRefused)
        #expect(error.reply?.code == 530)
      } else {
        try await session.login(credentials, known: Self.known)
        #expect(await session.features == Self.known)
      }
      await session.quit()
    }
  }

  /// A transfer may have begun behind it: its bytes would not be those of the file.
  @Test func aRefusedTypeEndsASessionThatTookItForGranted() async throws {
    try await Script.run { script in
      try script.say("220 ready")
      try script.expect("USER")
      try script.expect("PASS")
      try script.say("331 password?", "230 in")
      for words in ["OPTS LIMITS", "OPTS UTF8", "TYPE I", "NOOP"] { try script.expect(words) }
      try script.say("200 LIMITS connections=3;", "200 on", "504 text only", "200 I am here")
      _ = try script.hear()
    } client: { port, runtime in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: Self.options, runtime: runtime)
      try await session.login(Credentials(user: "bob", password: "secret"), known: Self.known, goesAhead: true)
      let error = try await clientError { try await session.noop() }
      #expect(error.reply?.code == 504)
      #expect(await !session.isOpen)
    }
  }
}
