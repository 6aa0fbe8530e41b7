// The authenticator with the real helper: answers, wrong answers, time-outs, bounds, the helper's end.

import Accounts
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import ExternalAccounts

@Suite(.onThreads) struct ExternalAuthenticatorTests {
  private let place: TemporaryDirectory

  init() throws { place = try TemporaryDirectory() }

  /// A helper that runs `script`, and what asks it.
  private func authenticator(
    _ script: String, concurrency: Int = 4, queue: Int = 100, timeout: Int = 60_000, cache: Duration = .zero
  ) throws -> (authenticator: ExternalAuthenticator, helper: Int32) {
    let program = try place.write("program", "#!/bin/sh\n" + script, mode: 0o755)
    let weftpd = try #require(builtProgram("weftpd"))
    let (own, other) = try PacketSocket.pair()
    defer { close(other) }
    let helper = try ChildProcesses.spawn(
      weftpd,
      [
        "external-helper", "--channel", "3", "--program", program, "--timeout", "\(timeout)", "--concurrency",
        "\(concurrency)",
      ], environment: ["PATH=/usr/bin:/bin"], descriptor: other)
    let made = ExternalAuthenticator(
      channel: own, concurrency: concurrency, queueLimit: queue, patience: .milliseconds(timeout), cacheTime: cache)
    return (made, helper)
  }

  private static let allow = #"{"allow": true, "entry": {"home": "/srv/a", "access": "rw"}}"#

  @Test func whatTheProgramSaysCounts() async throws {
    let (authenticator, _) = try authenticator(
      """
      document=$(cat)
      case "$document" in
      *'"password":"right"'*) echo '\(Self.allow)' ;;
      *) echo '{"allow": false}' ;;
      esac
      """)
    let right = try LoginDocumentTests.question(bytes("alice"), bytes("right"))
    guard case .allowed(let entry) = await authenticator.check(right, gate: .open) else {
      Issue.record("not allowed")
      return
    }
    #expect(entry.name == bytes("alice") && entry.home == "/srv/a")
    nonisolated(unsafe) var refusals = 0
    let gate = AttemptGate {
      true
    } countRefusal: {
      refusals += 1
    }
    #expect(await authenticator.check(try LoginDocumentTests.question(), gate: gate) == .refused)
    #expect(refusals == 1)
    // Nobody is asked about what cannot be a name or a text.
    #expect(await authenticator.check(try LoginDocumentTests.question([0xFF]), gate: .open) == .refused)
    #expect(await authenticator.check(right, gate: AttemptGate(mayStart: { false })) == .overBudget)
  }

  @Test(arguments: [
    ("exit 1", "ended with 1"), ("echo hello", "is not JSON"), ("kill -9 $$", "was ended by signal 9"),
    ("head -c 100000 /dev/zero", "longer than"), ("cat >/dev/null", "is not JSON"),
  ])
  func wrongProgramsLetNobodyIn(script: String, words: String) async throws {
    let (authenticator, _) = try authenticator(script)
    guard case .unavailable(let why) = await authenticator.check(try LoginDocumentTests.question(), gate: .open) else {
      Issue.record("an answer from \(script)")
      return
    }
    #expect(why.contains(words), "\(why)")
    #expect(!why.contains("cret"))
  }

  @Test func aProgramThatHangsIsKilledWithAllItHasStarted() async throws {
    let (authenticator, _) = try authenticator("sleep 1000 & echo $! > '\(place.path)/child'; wait", timeout: 1000)
    let begin = ContinuousClock.now
    guard case .unavailable(let why) = await authenticator.check(try LoginDocumentTests.question(), gate: .open) else {
      Issue.record("an answer from a program that sleeps")
      return
    }
    #expect(why.contains("gave no answer in time"), "\(why)")
    #expect(ContinuousClock.now - begin < .seconds(40))
    let child = try #require(pid_t(String(decoding: try place.read("child").dropLast(), as: UTF8.self)))
    // What is left may be a zombie of whoever adopted it.
    let isGone = Deadline.after(.seconds(60)).until {
      guard let status = try? readFile("/proc/\(child)/stat") else { return true }
      return String(decoding: status, as: UTF8.self).contains(") Z ")
    }
    #expect(isGone)
  }

  @Test func theNumberAtOnceIsBounded() async throws {
    let (authenticator, _) = try authenticator(
      """
      cat >/dev/null
      mkdir '\(place.path)/run.'$$
      ls -d '\(place.path)'/run.* | wc -l >> '\(place.path)/counts'
      sleep 0.1
      rmdir '\(place.path)/run.'$$
      echo '\(Self.allow)'
      """, concurrency: 3)
    let question = try LoginDocumentTests.question()
    await withTaskGroup(of: Bool.self) { tasks in
      for _ in 0..<20 {
        tasks.addTask { if case .allowed = await authenticator.check(question, gate: .open) { true } else { false } }
      }
      var allowed = 0
      for await isAllowed in tasks where isAllowed { allowed += 1 }
      #expect(allowed == 20)
    }
    let counts = String(decoding: try place.read("counts"), as: UTF8.self).split(separator: "\n").compactMap { line in
      Int(line.filter(\.isNumber))
    }
    #expect(counts.count == 20)
    #expect(counts.max() ?? 9 <= 3)
  }

  /// Whoever sends many logins from one address does not keep the others waiting until all of those have been answered.
  @Test func addressesTakeTurns() async throws {
    let (authenticator, _) = try authenticator(
      """
      document=$(cat)
      while [ ! -e '\(place.path)/go' ]; do sleep 0.02; done
      case "$document" in
      *192.0.2.2*) echo other >> '\(place.path)/order' ;;
      *) echo many >> '\(place.path)/order' ;;
      esac
      echo '\(Self.allow)'
      """, concurrency: 1)
    func login(_ address: String) throws -> LoginQuestion {
      LoginQuestion(
        user: bytes("alice"), password: bytes("x"), peer: try #require(IPAddress(address)), server: nil, host: nil,
        tls: nil)
    }
    /// Until so many wait; a minute at most.
    func waiting(_ count: Int) async {
      for _ in 0..<12_000 where authenticator.waitingCount != count { try? await Task.sleep(for: .milliseconds(5)) }
      #expect(authenticator.waitingCount == count)
    }
    let (many, other) = (try login("192.0.2.1"), try login("192.0.2.2"))
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 0..<10 { tasks.addTask { _ = await authenticator.check(many, gate: .open) } }
      await waiting(9)
      tasks.addTask { _ = await authenticator.check(other, gate: .open) }
      await waiting(10)
      #expect(throws: Never.self) { _ = try place.write("go", "") }
    }
    let order = String(decoding: try place.read("order"), as: UTF8.self).split(separator: "\n")
    #expect(order.count == 11 && (order.firstIndex(of: "other") ?? 11) <= 2, "\(order)")
  }

  @Test func whoComesWhenTheQueueIsFullIsToldSo() async throws {
    let (authenticator, _) = try authenticator(
      "cat >/dev/null; sleep 2; echo '\(Self.allow)'", concurrency: 1, queue: 1)
    let question = try LoginDocumentTests.question()
    let verdicts = await withTaskGroup(of: AuthorityVerdict.self) { tasks in
      for _ in 0..<10 { tasks.addTask { await authenticator.check(question, gate: .open) } }
      var verdicts: [AuthorityVerdict] = []
      for await verdict in tasks { verdicts.append(verdict) }
      return verdicts
    }
    #expect(verdicts.contains(.unavailable("too many logins wait")))
    #expect(verdicts.contains { if case .allowed = $0 { true } else { false } })
  }

  @Test func anAllowedLoginIsKeptForATime() async throws {
    let (authenticator, _) = try authenticator(
      "cat >/dev/null; echo x >> '\(place.path)/asked'; echo '\(Self.allow)'", cache: .seconds(600))
    for _ in 0..<5 { _ = await authenticator.check(try LoginDocumentTests.question(), gate: .open) }
    #expect(try place.read("asked").count == 2)
    _ = await authenticator.check(try LoginDocumentTests.question(bytes("alice"), bytes("other")), gate: .open)
    #expect(try place.read("asked").count == 4)
  }

  @Test func thePasswordIsNowhereToBeSeen() async throws {
    let (authenticator, _) = try authenticator(
      """
      tr '\\0' ' ' < /proc/$$/cmdline > '\(place.path)/seen'
      env >> '\(place.path)/seen'
      tr '\\0' ' ' < /proc/$PPID/cmdline >> '\(place.path)/seen'
      cat >/dev/null
      echo '\(Self.allow)'
      """)
    let question = try LoginDocumentTests.question(bytes("alice"), bytes("hunter2"))
    guard case .allowed = await authenticator.check(question, gate: .open) else {
      Issue.record("not allowed")
      return
    }
    let seen = String(decoding: try place.read("seen"), as: UTF8.self)
    #expect(seen.contains("PATH=") && seen.contains("external-helper"))
    #expect(!seen.contains("hunter2") && !seen.contains("alice"))
  }

  @Test func withoutItsHelperNobodyCanTell() async throws {
    let (authenticator, helper) = try authenticator("cat >/dev/null; echo '\(Self.allow)'")
    guard case .allowed = await authenticator.check(try LoginDocumentTests.question(), gate: .open) else {
      Issue.record("not allowed")
      return
    }
    kill(helper, SIGKILL)
    waitpid(helper, nil, 0)
    for _ in 0..<3 {
      guard case .unavailable(let why) = await authenticator.check(try LoginDocumentTests.question(), gate: .open)
      else {
        Issue.record("an answer without a helper")
        return
      }
      #expect(why.contains("restart weftpd"))
    }
  }
}
