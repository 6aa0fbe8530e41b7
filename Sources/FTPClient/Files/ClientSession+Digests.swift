// Digests that the server computes: HASH, or the older commands beginning with X.

import FTPProtocol
import TransportSecurity

/// A digest of a file on the server.
public struct RemoteDigest: Sendable, Hashable {
  public let algorithm: DigestAlgorithm
  /// The bytes of the digest.
  public let digest: [UInt8]
}

extension ClientSession {
  /// The digest of a file (draft-bryan-ftpext-hash), or of its first bytes.
  ///
  /// - Parameters:
  ///   - algorithm: nil: the best that the server and this library have in common.
  ///   - prefix: the first so many bytes only; nil: the whole file. Not 0.
  /// - Throws: ``ClientError/Code/unsupported`` where the server has no such command.
  public func digest(
    _ path: RemotePath, _ algorithm: DigestAlgorithm? = nil, prefix: UInt64? = nil
  ) async throws(ClientError) -> RemoteDigest {
    if prefix == 0 { throw ClientError(.usage, "no server has a digest of no bytes") }
    return try await digest(path, algorithm, of: prefix.map { 0..<$0 })
  }

  /// The same of some octets in the midst.
  ///
  /// - Parameter octets: nil: the whole file. Not empty.
  public func digest(
    _ path: RemotePath, _ algorithm: DigestAlgorithm? = nil, of octets: Range<UInt64>?
  ) async throws(ClientError) -> RemoteDigest {
    if octets?.isEmpty == true { throw ClientError(.usage, "no server has a digest of no bytes") }
    try await enter()
    defer { leave() }
    let offered = features.hashAlgorithms.compactMap { DigestAlgorithm(named: Array($0.name.utf8)) }
    let wanted = algorithm.map { [$0] } ?? ClientSession.preferredDigests
    if let chosen = wanted.first(where: offered.contains), octets == nil || features.contains("RANG") {
      return try await hash(path, chosen, octets)
    }
    for chosen in wanted {
      guard let verb = ClientSession.digestVerb(chosen), features.contains(verb.description) else { continue }
      let reply = try await perform(.digest(verb, pathname: path.bytes, octets: octets))
      guard let digest = reply.legacyDigest(byteCount: chosen.length) else {
        throw ClientError(.protocolViolation, "no digest in the answer to \(verb)", reply: reply)
      }
      return RemoteDigest(algorithm: chosen, digest: digest)
    }
    throw ClientError(.unsupported, "the server computes no digests that this client knows")
  }

  private func hash(
    _ path: RemotePath, _ algorithm: DigestAlgorithm, _ octets: Range<UInt64>?
  ) async throws(ClientError) -> RemoteDigest {
    let isSelected = features.hashAlgorithms.contains { $0.isSelected && $0.name == algorithm.name }
    if selectedDigest ?? (isSelected ? algorithm : nil) != algorithm {
      try await perform(Command(verb: "OPTS", argument: Array("HASH \(algorithm.name)".utf8)))
      selectedDigest = algorithm
    }
    if let octets {
      // RANG counts bytes, which only TYPE I does.
      try await choose(.image)
      let reply = try await exchange(.range(ClosedRange(octets)))
      guard reply.kind == .intermediate || reply.kind == .completion else { throw .refusal(reply, of: "RANG") }
    }
    let reply = try await perform(Command(verb: "HASH", argument: path.bytes))
    guard let received = ReceivedDigest(reply), received.digest.count == algorithm.length else {
      throw ClientError(.protocolViolation, "no digest in the answer to HASH", reply: reply)
    }
    return RemoteDigest(algorithm: algorithm, digest: received.digest)
  }

  private static let preferredDigests: [DigestAlgorithm] = [.sha256, .sha512, .sha1, .md5, .crc32]

  private static func digestVerb(_ algorithm: DigestAlgorithm) -> Verb? {
    switch algorithm {
    case .sha256: "XSHA256"
    case .sha512: "XSHA512"
    case .sha1: "XSHA1"
    case .md5: "XMD5"
    case .crc32: "XCRC"
    }
  }
}
