// LookupLine: who asks for the same name shares a question, everybody is answered, and a closed line refuses at once.

import Synchronization
import TestSupport
import Testing

@testable import Accounts

@Suite struct LookupLineTests {
  private let error = AccountDirectoryError("down")
  private let entry = UserEntry(name: bytes("a"), hash: "*", home: "/", permissions: .readOnly)

  /// Waits until so many questions have been asked.
  private func wait(for count: Int, _ rings: borrowing Atomic<Int>) {
    #expect(Deadline.after(.seconds(240)).until { rings.load(ordering: .acquiring) >= count })
  }

  private final class Rings: Sendable { let count = Atomic<Int>(0) }

  @Test func thoseWhoAskForOneNameShareAQuestion() async throws {
    let rings = Rings()
    let line = LookupLine { rings.count.add(1, ordering: .acquiringAndReleasing) }
    async let first = line.ask(bytes("a"))
    async let second = line.ask(bytes("a"))
    async let third = line.ask(bytes("b"))
    let questions = try await Blocking.onOwnThread {
      wait(for: 3, rings.count)
      return line.take(10)
    }
    #expect(Set(questions.map(\.name)) == [bytes("a"), bytes("b")])
    #expect(line.isEmpty)
    for question in questions { question.answer(.success(question.name == bytes("a") ? entry : nil)) }
    #expect(try await first == entry)
    #expect(try await second == entry)
    #expect(try await third == nil)
  }

  @Test func whatIsPutBackIsAskedOnceMore() async throws {
    let rings = Rings()
    let line = LookupLine { rings.count.add(1, ordering: .acquiringAndReleasing) }
    let answer = Task { try await line.ask(bytes("a")) }
    try await Blocking.onOwnThread {
      wait(for: 1, rings.count)
      line.putBack(line.take(10), error)
      #expect(!line.isEmpty)
      line.putBack(line.take(10), error)
      #expect(line.isEmpty)
    }
    await #expect(throws: error) { try await answer.value }
  }

  @Test func aClosedLineRefusesAtOnce() async throws {
    let rings = Rings()
    let line = LookupLine { rings.count.add(1, ordering: .acquiringAndReleasing) }
    let waiting = Task { try await line.ask(bytes("a")) }
    try await Blocking.onOwnThread {
      wait(for: 1, rings.count)
      line.close(error)
    }
    await #expect(throws: error) { try await waiting.value }
    await #expect(throws: error) { try await line.ask(bytes("b")) }
    line.open()
    async let again = line.ask(bytes("c"))
    try await Blocking.onOwnThread {
      wait(for: 2, rings.count)
      for question in line.take(10) { question.answer(.success(nil)) }
    }
    #expect(try await again == nil)
  }
}
