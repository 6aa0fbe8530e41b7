// Tests of Negotiation.swift: what every kind of socket is said to be, on both address families.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
struct NegotiationTests {
  static let addresses = [loopback] + [IPAddress("::1")].compactMap(\.self)

  @Test(arguments: addresses)
  func bothEndsMultipath(on address: IPAddress) throws {
    let pair = try Pair(on: address)
    #expect(MultipathSocket.negotiated(pair.client.number) == .multipath)
    #expect(MultipathSocket.negotiated(pair.server.number) == .multipath)
    #expect(MultipathSocket.negotiated(pair.listener.number) == .undecided)
  }

  @Test(arguments: addresses)
  func aPlainClientOfAMultipathListener(on address: IPAddress) throws {
    let pair = try Pair(listener: .required, client: .off, on: address)
    #expect(MultipathSocket.negotiated(pair.client.number) == .tcp)
    #expect(MultipathSocket.negotiated(pair.server.number) == .tcp)
  }

  @Test(arguments: addresses)
  func aMultipathClientOfAPlainListener(on address: IPAddress) throws {
    let pair = try Pair(listener: .off, client: .required, on: address)
    #expect(MultipathSocket.negotiated(pair.client.number) == .fellBack)
    #expect(MultipathSocket.negotiated(pair.server.number) == .tcp)
  }

  @Test func anIPv4ClientOfADualStackListener() throws {
    let wildcard = try #require(IPAddress("::"))
    let pair = try Pair(on: wildcard, dualStack: true, to: loopback)
    #expect(MultipathSocket.negotiated(pair.server.number) == .multipath)
    #expect(MultipathSocket.remoteAddresses(pair.server.number) == [loopback])
  }

  @Test func socketsWithoutAConnection() throws {
    let fresh = try MultipathSocket.stream(.ipv6)
    #expect(MultipathSocket.negotiated(fresh.number) == .undecided)
    let plain = try MultipathSocket.stream(.ipv4, policy: .off)
    #expect(MultipathSocket.negotiated(plain.number) == .tcp)
  }

  @Test func whatIsNoStreamSocket() throws {
    let file = try File.open("/dev/null", flags: O_RDONLY)
    #expect(MultipathSocket.negotiated(file.number) == .unknown)
    #expect(MultipathSocket.negotiated(-1) == .unknown)
    let datagrams = Descriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
    #expect(MultipathSocket.negotiated(datagrams.number) == .unknown)
    #expect(MultipathSocket.identify(datagrams.number) == nil)
  }

  @Test func inheritedSocketsAreIdentified() throws {
    let multipath = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
    let identified = try #require(MultipathSocket.identify(multipath.number))
    #expect(identified.kind == .multipath)
    #expect(identified.isListening)
    let plain = try MultipathSocket.stream(.ipv4, policy: .off)
    #expect(try #require(MultipathSocket.identify(plain.number)) == (.tcp, false))
  }

  @Test func aPeerThatIsGoneLeavesNoTrap() throws {
    let pair = try Pair()
    _ = shutdown(pair.client.number, Int32(SHUT_RDWR))
    _ = MultipathSocket.negotiated(pair.client.number)
    _ = ConnectionReport(pair.client.number).description
  }
}
