// Tests which sockets of socket activation are taken, under which names, and how the others are refused.

import FTPServer
import Glibc
import LinuxSystem
import Testing

@testable import DaemonSupport

@Suite struct InheritedSocketsTests {
  /// A socket at a number of its own, as descriptors are handed over.
  private final class Placed {
    let number: Int32

    init(_ domain: Int32, _ type: Int32, _ proto: Int32 = 0, listening: Bool = true) {
      number = socket(domain, type | Int32(SOCK_CLOEXEC.rawValue), proto)
      if listening { listen(number, 1) }
    }

    deinit { close(number) }
  }

  private static let stream = Int32(SOCK_STREAM.rawValue)
  private static let datagram = Int32(SOCK_DGRAM.rawValue)

  private func take(
    _ socket: borrowing Placed, name: String? = nil
  ) throws(InheritedSockets.Refusal) -> [InheritedSockets.Item] {
    var environment = ["LISTEN_FDS": "1", "LISTEN_PID": "7"]
    environment["LISTEN_FDNAMES"] = name
    return try InheritedSockets.take(environment: environment, processID: 7, first: socket.number)
  }

  @Test func whatAnEarlierProcessHadKeptComesBackByItsAddress() throws {
    let socket = Placed(AF_INET, Self.stream)
    let address = try #require(SocketAddress("[::1]:21"))
    let name = InheritedSockets.storeName(address)
    // LISTEN_FDNAMES separates names by colons.
    #expect(!name.contains(":"))
    #expect(
      try take(socket, name: name) == [
        .init(number: socket.number, security: .explicit, stream: .tcp, keptAs: name)
      ])
  }

  @Test func namesSayWhatASocketIsFor() throws {
    let socket = Placed(AF_INET, Self.stream)
    for name in ["ftp", "control", "unknown", "weftpd.socket", nil] {
      #expect(try take(socket, name: name) == [.init(number: socket.number, security: .explicit, stream: .tcp)])
    }
    #expect(try take(socket, name: "ftps") == [.init(number: socket.number, security: .implicit, stream: .tcp)])
  }

  @Test func aMultipathSocketStaysOne() throws {
    let socket = Placed(AF_INET6, Self.stream, 262)
    // A kernel without multipath TCP has no such socket to hand over.
    guard socket.number >= 0 else { return }
    #expect(try take(socket, name: "ftp").first?.stream == .multipath)
  }

  @Test func withoutTheProtocolOrForAnotherProcessThereIsNone() throws {
    #expect(try InheritedSockets.take(environment: [:]).isEmpty)
    #expect(try InheritedSockets.take(environment: ["LISTEN_FDS": "2", "LISTEN_PID": "1"], processID: 7).isEmpty)
    #expect(try InheritedSockets.take(environment: ["LISTEN_FDS": "0", "LISTEN_PID": "7"], processID: 7).isEmpty)
  }

  private func refusal(_ socket: Placed, name: String = "ftp") -> String {
    do {
      _ = try take(socket, name: name)
      return ""
    } catch { return error.description }
  }

  @Test func whatIsOfNoUseIsRefusedWithWords() {
    let udp = Placed(AF_INET, Self.datagram, listening: false)
    #expect(
      refusal(udp)
        == "inherited socket \(udp.number) 'ftp' is not a stream socket: use ListenStream=, not ListenDatagram="
    )
    #expect(refusal(Placed(AF_UNIX, Self.stream)).contains("is not an IP socket"))
    #expect(refusal(Placed(AF_INET, Self.stream, listening: false)).contains("set Accept=no in the socket unit"))
    #expect(refusal(Placed(AF_INET, Self.stream), name: "http").contains("'http' has an unknown name"))
  }

  @Test func everythingWrongIsToldAtOnce() throws {
    let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    let error = #expect(throws: InheritedSockets.Refusal.self) {
      try InheritedSockets.take(
        environment: ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "ftp"], processID: 7, first: file)
    }
    #expect(error?.description.contains("is not a socket") == true)
    for count in ["many", "-1", "99999999999"] {
      let error = #expect(throws: InheritedSockets.Refusal.self) {
        try InheritedSockets.take(environment: ["LISTEN_FDS": count])
      }
      #expect(error?.description.contains("LISTEN_FDS is '\(count)'") == true)
    }
  }
}
