// Digests of byte streams: MD5, SHA-1, SHA-256 and SHA-512 by OpenSSL, CRC-32 by zlib.

import COpenSSL
import CZlib

/// A digest algorithm a client may choose.
public enum DigestAlgorithm: UInt8, Sendable, Hashable, CaseIterable {
  case sha256, sha512, sha1, md5, crc32

  /// The name as the IANA registry "Hash Function Textual Names" spells it; CRC32, which is not in it, as servers call it.
  public var name: String {
    switch self {
    case .sha256: "SHA-256"
    case .sha512: "SHA-512"
    case .sha1: "SHA-1"
    case .md5: "MD5"
    case .crc32: "CRC32"
    }
  }

  /// Bytes of a finished digest.
  public var length: Int {
    switch self {
    case .sha256: 32
    case .sha512: 64
    case .sha1: 20
    case .md5: 16
    case .crc32: 4
    }
  }

  /// The algorithm of that name, whose case does not matter (draft-bryan-ftpext-hash, section 3.1).
  public init?(named name: [UInt8]) {
    let wanted = String(decoding: name, as: UTF8.self).uppercased()
    guard let found = DigestAlgorithm.allCases.first(where: { $0.name == wanted }) else { return nil }
    self = found
  }
}

/// A digest that is being computed. Source: EVP_DigestInit_ex2(3); crc32_z of zlib.h, the CRC-32 of ISO 3309.
public struct Digest: ~Copyable {
  private let algorithm: DigestAlgorithm
  /// OpenSSL's state; nil for CRC-32.
  private let context: OpaquePointer?
  private var checksum: UInt = 0

  /// Starts a digest.
  ///
  /// - Throws: ``OpenSSLError`` when the library does not offer the algorithm (MD5 under a FIPS policy).
  public init(_ algorithm: DigestAlgorithm) throws(OpenSSLError) {
    self.algorithm = algorithm
    let kind: OpaquePointer?
    switch algorithm {
    case .crc32:
      context = nil
      return
    case .sha256: kind = EVP_sha256()
    case .sha512: kind = EVP_sha512()
    case .sha1: kind = EVP_sha1()
    case .md5: kind = EVP_md5()
    }
    let made = EVP_MD_CTX_new()
    guard let made, EVP_DigestInit_ex(made, kind, nil) == 1 else {
      EVP_MD_CTX_free(made)
      throw OpenSSLError()
    }
    context = made
  }

  private init(_ algorithm: DigestAlgorithm, _ context: OpaquePointer?, _ checksum: UInt) {
    self.algorithm = algorithm
    self.context = context
    self.checksum = checksum
  }

  deinit { EVP_MD_CTX_free(context) }

  /// A second digest that has taken in the same bytes. Source: EVP_MD_CTX_copy_ex(3).
  public func copy() throws(OpenSSLError) -> Digest {
    guard let context else { return Digest(algorithm, nil, checksum) }
    let made = EVP_MD_CTX_new()
    guard let made, EVP_MD_CTX_copy_ex(made, context) == 1 else {
      EVP_MD_CTX_free(made)
      throw OpenSSLError()
    }
    return Digest(algorithm, made, 0)
  }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) throws(OpenSSLError) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    if let context {
      guard EVP_DigestUpdate(context, base, bytes.count) == 1 else { throw OpenSSLError() }
    } else {
      checksum = crc32_z(checksum, base.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
  }

  /// Ends the digest.
  ///
  /// - Returns: ``DigestAlgorithm/length`` bytes, the most significant first.
  public consuming func finish() throws(OpenSSLError) -> [UInt8] {
    guard let context else {
      let value = UInt32(truncatingIfNeeded: checksum)
      return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    var bytes = [UInt8](repeating: 0, count: algorithm.length)
    let isDone = bytes.withUnsafeMutableBufferPointer { EVP_DigestFinal_ex(context, $0.baseAddress, nil) == 1 }
    guard isDone else { throw OpenSSLError() }
    return bytes
  }
}
