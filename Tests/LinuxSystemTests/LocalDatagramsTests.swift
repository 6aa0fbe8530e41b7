// Tests that datagrams arrive at paths and abstract names, that large ones go sealed, and what names are refused.

import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

@Suite struct LocalDatagramsTests {
  private func bytes(of text: [UInt8], sealed: Bool, to name: String) throws -> [UInt8]? {
    let receiver = try DatagramReceiver(name)
    let address = try #require(LocalAddress(name))
    let socket = try LocalDatagrams()
    try text.withUnsafeBytes { data in
      try sealed ? socket.sendSealed(data, name: "test", to: address) : socket.send(data, to: address)
    }
    return try receiver.next()
  }

  @Test func aDatagramArrivesAtAPathAndAtAnAbstractName() throws {
    let directory = try TemporaryDirectory()
    let text = Array("READY=1\n".utf8)
    #expect(try bytes(of: text, sealed: false, to: directory.path + "/socket") == text)
    #expect(try bytes(of: text, sealed: false, to: "@weftpd-test-\(getpid())-datagram") == text)
  }

  @Test func whatIsTooLargeForADatagramGoesSealed() throws {
    let directory = try TemporaryDirectory()
    let text = [UInt8](repeating: 0x61, count: 3_000_000)
    #expect(throws: SystemError.self) { try bytes(of: text, sealed: false, to: directory.path + "/one") }
    #expect(try bytes(of: text, sealed: true, to: directory.path + "/two") == text)
  }

  @Test func aReceiverThatIsGoneIsAnError() throws {
    let directory = try TemporaryDirectory()
    let address = try #require(LocalAddress(directory.path + "/none"))
    let socket = try LocalDatagrams()
    let error = #expect(throws: SystemError.self) {
      try [UInt8](repeating: 0, count: 1).withUnsafeBytes { try socket.send($0, to: address) }
    }
    #expect(error?.code == ENOENT)
  }

  @Test func aReceiverThatDoesNotReadHoldsUpNobodyForLong() throws {
    let directory = try TemporaryDirectory()
    let receiver = try DatagramReceiver(directory.path + "/slow")
    let address = try #require(LocalAddress(receiver.address))
    let socket = try LocalDatagrams(timeout: 10)
    let error = #expect(throws: SystemError.self) {
      for _ in 0..<100_000 {
        try [UInt8](repeating: 0, count: 1).withUnsafeBytes { try socket.send($0, to: address) }
      }
    }
    #expect(error?.code == EAGAIN)
  }

  @Test(arguments: ["", "/", "relative", "@", "vsock:2:1234", "/" + String(repeating: "x", count: 107)])
  func otherNamesAreRefused(_ name: String) {
    #expect(LocalAddress(name) == nil)
  }
}
