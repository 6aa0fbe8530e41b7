// Tests of PathManager.swift: what is set here is what ip-mptcp(8) shows, and the other way round.

import Glibc
import LinuxSystem
import NetworkSupport
import Testing

@testable import MultipathTCP

@Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces))
struct PathManagerTests {
  static let setUp = """
    ip link add w1 type veth peer name w2
    ip addr add 10.9.0.1/24 dev w1
    ip -6 addr add 2001:db8::9/64 dev w1 nodad
    ip link set w1 up; ip link set w2 up
    """

  static func inNamespace(_ body: @escaping @Sendable () throws -> Void) throws {
    try Namespace().run {
      try shell(setUp)
      try body()
    }
  }

  /// `ip mptcp endpoint show`, line by line.
  static func shown() throws -> [String] {
    try shell("ip mptcp endpoint show").split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
  }

  @Test func endpointsAreThoseOfTheTool() throws {
    try Self.inNamespace {
      var manager = try PathManager()
      #expect(try manager.endpoints().isEmpty)
      try shell("ip mptcp endpoint add 10.9.0.1 dev w1 id 5 subflow backup")
      try shell("ip mptcp endpoint add 2001:db8::9 port 8021 signal")
      let found = try manager.endpoints()
      #expect(found.map(\.description) == (try Self.shown()))
      #expect(found.first { $0.id == 5 }?.interfaceName == "w1")
      #expect(found.first { $0.id == 5 }?.flags == [.subflow, .backup])
      #expect(found.first { $0.id != 5 }?.port == 8021)
      #expect(found.first { $0.id != 5 }?.address.description == "2001:db8::9")
    }
  }

  @Test func endpointsAreAddedChangedAndRemoved() throws {
    try Self.inNamespace {
      var manager = try PathManager()
      let address = try #require(IPAddress("10.9.0.1"))
      let index = Int32(if_nametoindex("w1"))
      try manager.add(PathEndpoint(address, flags: .signal, port: 8021, interfaceIndex: index, id: 7))
      #expect(try Self.shown() == ["10.9.0.1 port 8021 id 7 signal dev w1"])
      try manager.setFlags(id: 7, .backup)
      #expect(try Self.shown() == ["10.9.0.1 port 8021 id 7 signal backup dev w1"])
      try manager.remove(id: 7)
      #expect(try Self.shown() == [])
      let second = try #require(IPAddress("2001:db8::9"))
      try manager.add(PathEndpoint(address, flags: .subflow))
      try manager.add(PathEndpoint(second, flags: .subflow))
      try manager.remove(second)
      #expect(try manager.endpoints().map(\.address) == [address])
      try manager.flush()
      #expect(try Self.shown() == [])
    }
  }

  @Test func whatTheKernelRefusesIsExplained() throws {
    try Self.inNamespace {
      var manager = try PathManager()
      let address = try #require(IPAddress("10.9.0.1"))
      try manager.add(PathEndpoint(address, flags: .subflow, id: 1))
      let twice = #expect(throws: MultipathError.self) { try manager.add(PathEndpoint(address, flags: .subflow)) }
      #expect(twice?.errno == EEXIST)
      let unknown = #expect(throws: MultipathError.self) { try manager.remove(id: 99) }
      #expect(unknown?.code == "refused")
      #expect(unknown?.errno == EINVAL)
      let limits = #expect(throws: MultipathError.self) {
        try manager.set(PathLimits(subflows: 100, acceptedAddresses: 0))
      }
      #expect(limits?.errno == EINVAL)
      // The conversation goes on after a refusal.
      #expect(try manager.endpoints().count == 1)
    }
  }

  @Test func limitsAreThoseOfTheTool() throws {
    try Self.inNamespace {
      var manager = try PathManager()
      #expect(try manager.limits() == PathLimits(subflows: 2, acceptedAddresses: 0))
      try manager.set(PathLimits(subflows: 5, acceptedAddresses: 3))
      let shown = try shell("ip mptcp limits show")
      #expect(shown.contains("subflows 5"))
      #expect(shown.contains("add_addr_accepted 3"))
    }
  }
}
