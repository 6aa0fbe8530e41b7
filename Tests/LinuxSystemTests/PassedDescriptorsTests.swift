// Tests descriptors that go from one process to another with a packet.

import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite struct PassedDescriptorsTests {
  /// Two ends of a connection.
  private func ends() throws -> (Int32, Int32) {
    var numbers: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &numbers) == 0)
    return (numbers[0], numbers[1])
  }

  private func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }

  @Test func theyComeInOrderAndThoseNobodyTakesAreClosed() throws {
    let (one, other) = try ends()
    defer { for number in [one, other] { close(number) } }
    let directory = try TemporaryDirectory()
    let files = try ["a", "b", "c"].map { name in
      try directory.write(name, name)
      return open(directory.path(of: name), O_RDONLY)
    }
    defer { for file in files { close(file) } }
    #expect(try LocalSocket.send(one, [1, 2], passing: files) == .moved(2))
    var buffer = [UInt8](repeating: 0, count: 16)
    var numbers: [Int32] = []
    do {
      var passed = PassedDescriptors()
      let progress = try buffer.withUnsafeMutableBytes {
        try LocalSocket.receivePacket(other, into: $0, limit: 3, &passed)
      }
      #expect(progress == .moved(2))
      let count = passed.count
      #expect(count == 3)
      guard let second = passed.take(1) else { throw TestFailure("no second descriptor") }
      let isTaken = passed.take(1) == nil
      #expect(isTaken)
      var byte: UInt8 = 0
      #expect(read(second.number, &byte, 1) == 1)
      #expect(byte == 0x62)
      #expect(fcntl(second.number, F_GETFD) & FD_CLOEXEC != 0)
      numbers = [second.number]
      guard let third = passed.take(2) else { throw TestFailure("no third descriptor") }
      numbers.append(third.number)
    }
    for number in numbers { #expect(!isOpen(number)) }
  }

  @Test func moreThanAreWantedAreNone() throws {
    let (one, other) = try ends()
    defer { for number in [one, other] { close(number) } }
    _ = try LocalSocket.send(one, [1], passing: [0, 1, 2])
    var buffer = [UInt8](repeating: 0, count: 16)
    var passed = PassedDescriptors()
    do {
      _ = try buffer.withUnsafeMutableBytes { try LocalSocket.receivePacket(other, into: $0, limit: 2, &passed) }
      Issue.record("they were taken")
    } catch let error as SystemError {
      #expect(error.code == EMSGSIZE)
    }
    let isEmpty = passed.count == 0
    #expect(isEmpty)
    // Without any, it is a packet like others.
    _ = try LocalSocket.send(one, [7], passing: [])
    let progress = try buffer.withUnsafeMutableBytes {
      try LocalSocket.receivePacket(other, into: $0, limit: 2, &passed)
    }
    #expect(progress == .moved(1))
  }
}
