// Tests that a packet is one message or none: round trips, every cut, every changed byte, random bytes.

import Testing

@testable import AuthenticationProtocol

@Suite struct MessageCodingTests {
  private static let request = LoginRequest(
    service: "weftpd", minimumUser: 1000, user: Array("carol".utf8), password: Secret(Array("pass word".utf8)),
    remoteHost: "192.0.2.1")
  private static let user = LocalUser(user: 1500, group: 1501, groups: [1501, 7, 0xFFFF_FFFE], home: "/home/carol")

  private static func packets() throws -> [[UInt8]] {
    [
      try Message.request(id: 1, request).encoded(), try Message.accepted(id: 2, user).encoded(),
      try Message.refused(id: .max).encoded(), try Message.tryLater(id: 4).encoded(),
    ]
  }

  private func decode(_ packet: [UInt8]) -> Message? { packet.withUnsafeBytes { try? Message($0) } }

  @Test func roundTrips() throws {
    let packets = try Self.packets()
    guard case .request(1, let request)? = decode(packets[0]) else {
      Issue.record("no request")
      return
    }
    #expect(request.service == "weftpd" && request.minimumUser == 1000 && request.remoteHost == "192.0.2.1")
    #expect(request.user == Array("carol".utf8))
    #expect(request.password.withBytes { Array($0) } == Array("pass word".utf8))
    guard case .accepted(2, let user)? = decode(packets[1]) else {
      Issue.record("no acceptance")
      return
    }
    #expect(user == Self.user)
    guard case .refused(.max)? = decode(packets[2]), case .tryLater(4)? = decode(packets[3]) else {
      Issue.record("no refusal")
      return
    }
  }

  @Test func aHostThatWouldForgeLogLinesIsNoMessage() throws {
    func packet(_ host: String) throws -> [UInt8] {
      try Message.request(
        id: 1,
        LoginRequest(
          service: "weftpd", minimumUser: 1, user: [0x61], password: Secret([UInt8]()), remoteHost: host)
      ).encoded()
    }
    let good = try packet("2001:db8::1")
    #expect(decode(good) != nil)
    for bad in ["192.0.2.1\nweftpd-authd: all is well", "a b", "\u{1B}[2J", "\u{85}", "\u{202E}"] {
      #expect(throws: MalformedMessage.self) { try packet(bad) }
    }
    // What a writer of ours refuses, a reader refuses, too.
    var forged = good
    let place = try #require(forged.firstIndex(of: 0x3A))
    forged[place] = 0x0A
    #expect(decode(forged) == nil)
  }

  @Test func aPacketCutOrLongerIsNoMessage() throws {
    for packet in try Self.packets() {
      for count in 0..<packet.count { #expect(decode(Array(packet[..<count])) == nil) }
      #expect(decode(packet + [0]) == nil)
    }
    #expect(decode([UInt8](repeating: 1, count: Message.limit + 1)) == nil)
  }

  @Test func whatIsReadIsWhatWouldBeWritten() throws {
    // Any packet that is accepted at all means exactly one thing: writing it again gives the same bytes.
    for packet in try Self.packets() {
      for index in packet.indices {
        for bit in 0..<8 {
          var changed = packet
          changed[index] ^= 1 << bit
          if let message = decode(changed) { #expect(try message.encoded() == changed) }
        }
      }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var packet = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      if packet.count > 1, Bool.random(using: &random) {
        packet.replaceSubrange(0..<2, with: [1, UInt8.random(in: 1...4)])
      }
      if let message = decode(packet) { #expect(try message.encoded() == packet) }
    }
  }

  @Test(arguments: ["", "a/b", "../x", "we ftpd", "ä", String(repeating: "a", count: 65)])
  func aServiceIsAName(_ service: String) {
    let request = LoginRequest(
      service: service, minimumUser: 1, user: [0x61], password: Secret([]), remoteHost: "")
    #expect(throws: MalformedMessage.self) { try Message.request(id: 1, request).encoded() }
  }

  @Test func limitsOfFields() {
    func request(user: [UInt8] = [0x61], password: [UInt8] = []) -> Message {
      .request(
        id: 1,
        LoginRequest(service: "s", minimumUser: 1, user: user, password: Secret(password), remoteHost: ""))
    }
    let long = [UInt8](repeating: 0x61, count: 513)
    for bad in [
      request(user: []), request(user: Array(long.prefix(256))), request(user: [0]), request(password: long),
      request(password: [0x61, 0]),
      .accepted(id: 1, LocalUser(user: 1, group: 1, groups: Array(repeating: 1, count: 1025), home: "/")),
      .accepted(id: 1, LocalUser(user: 1, group: 1, groups: [], home: "home")),
    ] {
      #expect(throws: MalformedMessage.self) { try bad.encoded() }
    }
  }
}
