// Tests what counts as a server that serves: 220 and nothing else, in time.

import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import DaemonSupport

@Suite(.timeLimit(.minutes(5))) struct HealthProbeTests {
  /// What the probe makes of a server that says `greeting` to one client, and what that client said.
  private func probe(_ greeting: String?, within limit: Duration = .seconds(20)) async throws -> (
    failure: String?, said: String
  ) {
    let outcome = Mutex<(failure: String?, said: String)>((nil, ""))
    try await Blocking.run {
      let listener = try Listener()
      guard let target = SocketAddress("\(listener.endpoint)") else { throw TestFailure("no address") }
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        do throws(HealthProbe.Failure) {
          try HealthProbe(target, within: limit).run()
        } catch {
          outcome.withLock { $0.failure = error.description }
        }
        done.signal()
      }
      let client = try listener.accept()
      if let greeting { try client.send(Array(greeting.utf8)) }
      let said = String(decoding: try client.readLine() ?? [], as: UTF8.self)
      outcome.withLock { $0.said = said }
      try? client.send(Array("221 Bye.\r\n".utf8))
      done.wait()
    }
    return outcome.withLock { $0 }
  }

  @Test func a220IsGoodAndIsAnsweredWithQUIT() async throws {
    let (failure, said) = try await probe("220 weftpd ready\r\n")
    #expect(failure == nil)
    #expect(said == "QUIT")
  }

  @Test func aServerThatIsFullIsNot() async throws {
    let (failure, _) = try await probe("421 Too many connections\r\n")
    #expect(failure == "expected 220, got '421 Too many connections'")
  }

  @Test func silenceIsNot() async throws {
    let (failure, _) = try await probe(nil, within: .milliseconds(50))
    #expect(failure == "Connection timed out")
  }

  @Test func nobodyThereIsNot() throws {
    let listener = try Listener()
    let target = try #require(SocketAddress("\(listener.endpoint)"))
    withExtendedLifetime(listener) {}
    let gone = SocketAddress(target.address, port: 1)
    #expect(throws: HealthProbe.Failure.self) { try HealthProbe(gone, within: .seconds(5)).run() }
  }

  @Test func aWildcardIsAskedAtTheLoopbackAddress() throws {
    #expect(SocketAddress(IPAddress(ipv4: 0), port: 21).reachable.description == "127.0.0.1:21")
    #expect(try #require(SocketAddress("[::]:21")).reachable.description == "[::1]:21")
    #expect(try #require(SocketAddress("192.0.2.1:21")).reachable.description == "192.0.2.1:21")
  }
}
