// Tests what counts as a server that serves: 220 and nothing else, in time.

import Dispatch
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import DaemonSupport

@Suite(.timeLimit(.minutes(5))) struct HealthProbeTests {
  /// A server that says `greeting` to one client, and gives what the client said.
  private func probe(_ greeting: String?, within limit: Duration = .seconds(20)) async throws -> (
    failure: String?, said: String
  ) {
    // Only the task below touches it once it is made.
    nonisolated(unsafe) let listener = try Listener()
    let target = try #require(SocketAddress("\(listener.endpoint)"))
    let heard = Task.detached { () throws -> String in
      let client = try listener.accept()
      guard let greeting else { return String(decoding: try client.readToEnd(), as: UTF8.self) }
      try client.send(Array(greeting.utf8))
      let said = try client.readLine() ?? []
      try? client.send(Array("221 Bye.\r\n".utf8))
      return String(decoding: said, as: UTF8.self)
    }
    var failure: String?
    do { try HealthProbe(target, within: limit).run() } catch { failure = error.description }
    return (failure, try await heard.value)
  }

  @Test func a220IsGoodAndIsAnsweredWithQUIT() async throws {
    let (failure, said) = try await probe("220 weftpd ready\r\n")
    #expect(failure == nil)
    #expect(said == "QUIT")
  }

  @Test func aServerThatIsFullIsNot() async throws {
    let (failure, _) = try await probe("421 Too many connections\r\n")
    #expect(failure == "it said '421 Too many connections' and not 220")
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
