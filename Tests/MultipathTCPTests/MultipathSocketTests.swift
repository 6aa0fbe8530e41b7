// Tests of MultipathSocket.swift: policies, fallback, options of listeners, connecting without waiting.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite struct MultipathSocketTests {
  @Test func offMakesPlainTCP() throws {
    let socket = try MultipathSocket.stream(.ipv4, policy: .off)
    #expect(socket.unavailability == .notRequested)
    #expect(socket.kind == .tcp)
    #expect(try Socket.option(socket.number, SOL_SOCKET, SO_PROTOCOL) == 6)
  }

  @Test(.enabled(if: Machine.hasMultipath, Machine.needsMultipath))
  func automaticAndRequiredMakeMultipathSockets() throws {
    for policy in [MultipathPolicy.automatic, .required] {
      let socket = try MultipathSocket.stream(.ipv4, policy: policy)
      #expect(socket.unavailability == nil)
      #expect(try Socket.option(socket.number, SOL_SOCKET, SO_PROTOCOL) == 262)
      #expect(fcntl(socket.number, F_GETFL) & O_NONBLOCK != 0)
      #expect(fcntl(socket.number, F_GETFD) & FD_CLOEXEC != 0)
    }
  }

  @Test(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
  func aKernelThatForbidsItFallsBackAndSaysWhy() throws {
    let namespace = try Namespace()
    try namespace.shell("sysctl -qw net.mptcp.enabled=0")
    try namespace.run {
      #expect(HostProbe.availability() == .disabled)
      let socket = try MultipathSocket.stream(.ipv4)
      #expect(socket.unavailability == .disabled)
      #expect(throws: MultipathError.unavailable(.disabled)) {
        _ = try MultipathSocket.stream(.ipv6, policy: .required)
      }
      let pair = try Pair()
      #expect(MultipathSocket.negotiated(pair.server.number) == .tcp)
      #expect(MultipathSocket.negotiated(pair.client.number) == .tcp)
      try pump(from: pair.client.number, to: pair.server.number, count: 100_000)
      // The setting is looked at for every socket: no restart.
      try shell("sysctl -qw net.mptcp.enabled=1")
      #expect(try MultipathSocket.stream(.ipv4).unavailability == nil)
    }
  }

  @Test func whatWouldHitPlainTCPTooIsThrown() throws {
    let taken = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0), reuseAddress: false)
    let address = try Socket.localAddress(taken.number)
    let error = #expect(throws: MultipathError.self) {
      _ = try MultipathSocket.listen(on: address, reuseAddress: false)
    }
    #expect(error?.errno == EADDRINUSE)
    #expect(error?.code == "system")
  }

  @Test func listenersShareAPortOnlyIfToldSo() throws {
    let first = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0), reusePort: true)
    let address = try Socket.localAddress(first.number)
    _ = try MultipathSocket.listen(on: address, reusePort: true)
    #expect(throws: MultipathError.self) { _ = try MultipathSocket.listen(on: address) }
  }

  @Test func refusedConnectionsEndInAnError() throws {
    let listener = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
    let address = try Socket.localAddress(listener.number)
    try listener.takeDescriptor().close()
    let error = #expect(throws: (any Error).self) { _ = try connected(to: address) }
    #expect((error as? SystemError)?.code ?? (error as? MultipathError)?.errno == ECONNREFUSED)
  }

  @Test func connectsFromTheGivenAddressAndPort() throws {
    let listener = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
    let target = try Socket.localAddress(listener.number)
    let other = IPAddress(ipv4: 0x7F00_0002)
    let first = try MultipathSocket.connect(to: target, from: SocketAddress(other, port: 0))
    let peer = try accepted(listener.number)
    let seen = try Socket.peerAddress(peer.number)
    #expect(seen.address == other)
    #expect(seen.port != 0)
    // The same local port to another destination, as active mode does with port 20.
    let second = try MultipathSocket.listen(on: SocketAddress(loopback, port: 0))
    let port = try Socket.localAddress(second.number).port
    let source = SocketAddress(IPAddress(ipv4: 0x7F00_0003), port: port)
    let one = try MultipathSocket.connect(to: target, from: source, reuseAddress: true)
    let two = try MultipathSocket.connect(
      to: try Socket.localAddress(second.number), from: source, reuseAddress: true)
    #expect(try Socket.localAddress(one.number) == source)
    #expect(try Socket.localAddress(two.number) == source)
    _ = first.number
  }

  @Test(arguments: [MultipathPolicy.automatic, .off])
  func dataArrivesWhole(under policy: MultipathPolicy) throws {
    let pair = try Pair(listener: policy, client: policy, receives: true)
    try pump(from: pair.client.number, to: pair.server.number, count: 3_000_000)
    try pump(from: pair.server.number, to: pair.client.number, count: 3_000_000)
  }
}
