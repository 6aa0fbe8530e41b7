// Tests of SubflowReader.swift: the modern call and the older ones tell the same; sockets of other kinds are told apart.

import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
struct SubflowReaderTests {
  @Test(arguments: NegotiationTests.addresses)
  func onePathWithItsAddressesAndBytes(on address: IPAddress) throws {
    let pair = try Pair(on: address)
    try pump(from: pair.client.number, to: pair.server.number, count: 500_000)
    let paths = try MultipathSocket.subflows(pair.server.number)
    #expect(paths.count == 1)
    let path = try #require(paths.first)
    #expect(path.local == (try Socket.localAddress(pair.server.number)))
    #expect(path.remote == (try Socket.localAddress(pair.client.number)))
    #expect(path.statistics.state == .established)
    // The path carries retransmissions too, the connection counts every byte once.
    #expect(try #require(path.statistics.bytesReceived) >= 500_000)
    #expect(path.statistics.segmentSize > 1000)
  }

  @Test func theOlderCallsTellTheSame() throws {
    let pair = try Pair()
    try pump(from: pair.client.number, to: pair.server.number, count: 100_000)
    let modern = try MultipathSocket.subflowsByFullInfo(pair.server.number)
    let older = try MultipathSocket.subflowsByTwoCalls(pair.server.number)
    #expect(modern.map(\.local) == older.map(\.local))
    #expect(modern.map(\.remote) == older.map(\.remote))
    #expect(modern.map(\.statistics.bytesReceived) == older.map(\.statistics.bytesReceived))
    #expect(older.first?.id == nil)
    #expect(modern.first?.id != nil)
  }

  @Test func othersAreToldApart() throws {
    let plain = try Pair(client: .off)
    #expect(throws: MultipathError.notMultipath(.tcp)) { try MultipathSocket.subflows(plain.server.number) }
    #expect(throws: MultipathError.notMultipath(.tcp)) { try MultipathSocket.subflowsByTwoCalls(plain.server.number) }
    let fallen = try Pair(listener: .off, client: .required, on: try #require(IPAddress("::1")))
    #expect(throws: MultipathError.notMultipath(.fellBack)) { try MultipathSocket.subflows(fallen.client.number) }
    let listener = plain.listener.number
    #expect(throws: MultipathError.notMultipath(.undecided)) { try MultipathSocket.subflows(listener) }
    #expect(throws: MultipathError.notMultipath(.undecided)) { try MultipathSocket.subflowsByTwoCalls(listener) }
    #expect(throws: MultipathError.system(SystemError(code: 9, call: "getsockopt"))) {
      try MultipathSocket.subflows(-1)
    }
  }

  @Test func plainTCPHasItsFigures() throws {
    let pair = try Pair(listener: .off, client: .off)
    try pump(from: pair.client.number, to: pair.server.number, count: 100_000)
    #expect(try MultipathSocket.statistics(pair.server.number).bytesReceived == 100_000)
    #expect(try MultipathSocket.statistics(pair.client.number).bytesSent ?? 0 >= 100_000)
  }

  @Test func askingDoesNotMarkThisKernelAsOld() throws {
    let pair = try Pair()
    _ = try? MultipathSocket.subflows(pair.listener.number)
    _ = try MultipathSocket.subflows(pair.client.number)
    let plain = try Pair(listener: .off, client: .required)
    _ = try? MultipathSocket.subflows(plain.client.number)
    #expect(KernelOption.answersInfo())
    #expect(!KernelOption.absent.contains(.info))
  }
}
