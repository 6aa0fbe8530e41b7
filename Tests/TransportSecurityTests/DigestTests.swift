import Testing

@testable import TransportSecurity

@Suite struct DigestTests {
  private func hex(_ algorithm: DigestAlgorithm, _ pieces: [UInt8]...) throws -> String {
    var digest = try Digest(algorithm)
    for piece in pieces {
      try piece.withUnsafeBufferPointer { bytes throws(OpenSSLError) in
        try digest.update(UnsafeRawBufferPointer(bytes))
      }
    }
    return try digest.finish().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The answers of RFC 1321 A.5, FIPS 180 and the CRC-32 check value of "123456789".
  @Test(arguments: [
    (DigestAlgorithm.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
    (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
    (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      .sha512, "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    ),
    (.crc32, "123456789", "cbf43926"),
    (.crc32, "", "00000000"),
  ])
  func knownAnswers(algorithm: DigestAlgorithm, text: String, expected: String) throws {
    let bytes = Array(text.utf8)
    #expect(try hex(algorithm, bytes) == expected)
    for cut in 0...bytes.count { #expect(try hex(algorithm, Array(bytes[..<cut]), Array(bytes[cut...])) == expected) }
    #expect(expected.utf8.count == algorithm.length * 2)
  }

  @Test func namesAreFoundInAnyCase() {
    for algorithm in DigestAlgorithm.allCases {
      #expect(DigestAlgorithm(named: Array(algorithm.name.lowercased().utf8)) == algorithm)
    }
    for wrong in ["", "SHA", "SHA-256 ", "CRC-37", "MD5\0"] {
      #expect(DigestAlgorithm(named: Array(wrong.utf8)) == nil)
    }
  }
}
