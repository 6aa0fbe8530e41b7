// PROXY headers of both versions: read exactly, refused early.

import FTPProtocol
import Testing

@Suite struct ProxyHeaderReaderTests {
  private static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]

  private func read(_ bytes: [UInt8]) -> (ProxyHeaderReader.Progress, Int) {
    var reader = ProxyHeaderReader()
    let count = reader.take(bytes)
    return (reader.progress, count)
  }

  private func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? rest.count
    return Self.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
  }

  @Test func aLineOfTCP4() {
    let line = Array("PROXY TCP4 192.0.2.1 198.51.100.2 56324 21\r\n".utf8)
    let (progress, count) = read(line + Array("USER x\r\n".utf8))
    #expect(
      progress
        == .complete(
          .proxied(
            client: .init(octets: [192, 0, 2, 1], port: 56324), server: .init(octets: [198, 51, 100, 2], port: 21))))
    #expect(count == line.count)
  }

  @Test func aLineOfTCP6() {
    let (progress, _) = read(Array("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n".utf8))
    guard case .complete(.proxied(let client, let server)) = progress else {
      Issue.record("\(progress)")
      return
    }
    #expect(client.octets == [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1])
    #expect(client.port == 1)
    #expect(server == .init(octets: [UInt8](repeating: 0, count: 15) + [1], port: 65535))
  }

  @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 whatever it is 1 2\r\n"])
  func unknownIsLocal(_ line: String) { #expect(read(Array(line.utf8)).0 == .complete(.local)) }

  @Test(arguments: [
    "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
    "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
    "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", "PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n",
    "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
  ])
  func malformedLines(_ line: String) { #expect(read(Array(line.utf8)).0 == .malformed(.malformedLine)) }

  @Test func aLineHasAnEnd() {
    let (progress, count) = read(Array("PROXY UNKNOWN ".utf8) + [UInt8](repeating: 0x78, count: 500))
    #expect(progress == .malformed(.lineTooLong))
    #expect(count == 107)
    let longest = Array("PROXY UNKNOWN ".utf8) + [UInt8](repeating: 0x78, count: 91) + [0x0D, 0x0A]
    #expect(longest.count == 107)
    #expect(read(longest).0 == .complete(.local))
  }

  @Test(arguments: ["USER alice\r\n", "PROXX", "\u{16}\u{3}\u{1}", "\r\n\r\nX", "P\r\n"])
  func whoeverSaysSomethingElseIsRefusedAtOnce(_ text: String) {
    let (progress, count) = read(Array(text.utf8))
    #expect(progress == .malformed(.noSignature))
    #expect(count <= 5)
  }

  @Test func aBinaryHeader() {
    let addresses: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0xDC, 0x04, 0x00, 0x15]
    let wanted = ProxyHeaderReader.Progress.complete(
      .proxied(
        client: .init(octets: [192, 0, 2, 1], port: 0xDC04), server: .init(octets: [198, 51, 100, 2], port: 21)))
    #expect(read(binary(0x21, 0x11, addresses)) == (wanted, 28))
    // With fields behind the addresses (TLVs), which are skipped, and the client's first bytes.
    let more: [UInt8] = [0x20, 0x00, 0x03, 1, 2, 3]
    let (progress, count) = read(binary(0x21, 0x11, addresses + more) + [0x55, 0x53])
    #expect(progress == wanted)
    #expect(count == 34)
  }

  @Test func aBinaryHeaderOfTCP6() {
    let addresses = [UInt8](1...16) + [UInt8](17...32) + [0x01, 0x02, 0x03, 0x04]
    #expect(
      read(binary(0x21, 0x21, addresses)).0
        == .complete(
          .proxied(
            client: .init(octets: [UInt8](1...16), port: 0x0102), server: .init(octets: [UInt8](17...32), port: 0x0304))
        ))
  }

  @Test func whatHasNoAddressesIsLocal() {
    // LOCAL, whatever family it names; UNSPEC; UNIX.
    #expect(read(binary(0x20, 0x00, [])) == (.complete(.local), 16))
    #expect(read(binary(0x20, 0x11, [1, 2, 3])) == (.complete(.local), 19))
    #expect(read(binary(0x20, 0xFF, [1, 2, 3])) == (.complete(.local), 19))
    #expect(read(binary(0x21, 0x00, [UInt8](repeating: 7, count: 20))) == (.complete(.local), 36))
    #expect(read(binary(0x21, 0x31, [UInt8](repeating: 7, count: 216))) == (.complete(.local), 232))
  }

  @Test(
    arguments: [
      (0x11, 0x11, 12, ProxyHeaderError.unsupported), (0x31, 0x11, 12, .unsupported), (0x22, 0x11, 12, .unsupported),
      (0x21, 0x12, 12, .unsupported), (0x21, 0x41, 12, .unsupported), (0x21, 0x11, 11, .tooShort),
      (0x21, 0x21, 35, .tooShort),
      (0x21, 0x31, 215, .tooShort), (0x21, 0x11, 4097, .tooLong), (0x20, 0x00, 65_535, .tooLong),
    ] as [(UInt8, UInt8, Int, ProxyHeaderError)])
  func refusedBeforeTheAddresses(_ command: UInt8, _ family: UInt8, _ length: Int, _ error: ProxyHeaderError) {
    let (progress, count) = read(binary(command, family, [UInt8](repeating: 0, count: 40), length: length))
    #expect(progress == .malformed(error))
    #expect(count == 16)
  }

  @Test func theLongestHeader() {
    let rest = [UInt8](repeating: 9, count: ProxyHeaderReader.lengthLimit)
    let (progress, count) = read(binary(0x21, 0x11, rest) + [1])
    guard case .complete(.proxied) = progress else {
      Issue.record("\(progress)")
      return
    }
    #expect(count == 16 + ProxyHeaderReader.lengthLimit)
  }
}
