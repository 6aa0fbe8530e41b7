// Tests of AddressText: IPv6 in all its spellings.

import Testing

@testable import FTPProtocol

@Suite struct AddressTextTests {
  private func groups(_ address: String) -> [UInt16]? {
    AddressText.ipv6(bytes(address)[...]).map { octets in
      stride(from: 0, to: 16, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
    }
  }

  @Test(
    arguments: [
      ("::", [0, 0, 0, 0, 0, 0, 0, 0]), ("::1", [0, 0, 0, 0, 0, 0, 0, 1]), ("1::", [1, 0, 0, 0, 0, 0, 0, 0]),
      ("fe80::A:0b", [0xFE80, 0, 0, 0, 0, 0, 0xA, 0xB]), ("1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]),
      ("1:2:3:4:5:6:7::", [1, 2, 3, 4, 5, 6, 7, 0]), ("::2:3:4:5:6:7:8", [0, 2, 3, 4, 5, 6, 7, 8]),
      ("::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0xFFFF, 0xC000, 0x0201]),
      ("1:2:3:4:5:6:1.2.3.4", [1, 2, 3, 4, 5, 6, 0x102, 0x304]),
    ] as [(String, [UInt16])])
  func reads(address: String, expected: [UInt16]) {
    #expect(groups(address) == expected)
  }

  @Test(arguments: [
    "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", ":1::", "1:", "::1:",
    "1:2:3:4:5:6:7:8::", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::1 ", "::%1",
  ])
  func refuses(address: String) {
    #expect(groups(address) == nil)
  }
}
