// Tests that foreign sockets are told apart, and made like our own.

import Glibc
import Testing

@testable import LinuxSystem

@Suite struct SocketKindTests {
  @Test func aListenerOfTCP() throws {
    let socket = try Socket.stream(.ipv6)
    #expect(try !SocketKind(of: socket.number).isListening)
    try Socket.listen(socket, backlog: 1)
    let kind = try SocketKind(of: socket.number)
    #expect(kind.isListening)
    #expect(kind.stream == .tcp)
    #expect(kind.domain == AF_INET6)
  }

  @Test func datagramsAndLocalSocketsAreNoStreams() throws {
    for (domain, type) in [(AF_INET, SOCK_DGRAM), (AF_UNIX, SOCK_STREAM)] {
      let made = Descriptor(owning: socket(domain, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
      #expect(try SocketKind(of: made.number).stream == nil)
    }
  }

  @Test func aFileIsNoSocket() throws {
    let file = try File.open("/dev/null", flags: O_RDONLY)
    let error = #expect(throws: SystemError.self) { try SocketKind(of: file.number) }
    #expect(error?.code == ENOTSOCK)
  }

  @Test func anInheritedSocketBecomesLikeOurOwn() throws {
    let made = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    try Socket.prepareInherited(made.number)
    #expect(fcntl(made.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(made.number, F_GETFL) & O_NONBLOCK != 0)
  }
}
