// What a server can do: the reply to FEAT, read once and asked often.

/// The features a server told in reply to FEAT (RFC 2389 §3).
///
/// Labels do not depend on case. What a server does not tell it may still have, above all when it is old: a client may try, but should
/// be ready for a 500.
public struct ServerFeatures: Sendable, Hashable {
  /// One line: a label and what follows it.
  public struct Feature: Sendable, Hashable {
    /// In upper case, `REST`.
    public let label: String
    /// The bytes behind the label and one blank, `STREAM`; empty if there are none.
    public let parameters: [UInt8]

    /// The label is put into upper case.
    public init(label: String, parameters: [UInt8] = []) {
      self.label = ServerFeatures.upperCased(label.utf8)
      self.parameters = parameters
    }
  }

  /// An algorithm that HASH can use.
  public struct HashAlgorithm: Sendable, Hashable {
    /// In upper case, `SHA-256`, as OPTS HASH takes it.
    public let name: String
    /// Whether HASH uses it until OPTS HASH says otherwise.
    public let isSelected: Bool
  }

  /// All lines in the order they came.
  public let features: [Feature]
  /// Digests for HASH (draft-bryan-ftpext-hash §4).
  public let hashAlgorithms: [HashAlgorithm]
  /// The facts MLST and MLSD can give, of those this module knows (RFC 3659 §7.8); empty if the server has no MLST.
  public let machineFacts: FactSet
  /// The facts it gives until OPTS MLST says otherwise.
  public let selectedFacts: FactSet
  /// The mechanisms AUTH takes, in upper case: `TLS`, `SSL`, `TLS-C`…
  public let authMechanisms: [String]

  /// Reads the reply to FEAT. The lines between the first and the last are the features; blanks around them do not count.
  ///
  /// - Returns: nil unless the reply is a 211.
  public init?(_ reply: ReceivedReply) {
    guard reply.code == 211 else { return nil }
    self.init(features: reply.innerLines.compactMap(Feature.init(line:)))
  }

  /// A server with these features; none for one that told nothing or does not know FEAT.
  public init(features: [Feature] = []) {
    self.features = features
    func parameters(_ label: String) -> [[UInt8]] { features.filter { $0.label == label }.map(\.parameters) }
    hashAlgorithms = parameters("HASH").first.map(HashAlgorithm.list) ?? []
    (machineFacts, selectedFacts) = parameters("MLST").first.map(FactSet.read(featParameters:)) ?? ([], [])
    // Some servers put all of them on one line with `;` between, and PBSZ and PROT as well.
    authMechanisms = parameters("AUTH").flatMap { $0.split { $0 == 0x3B || $0 == 0x2C || $0 == 0x20 } }
      .map { ServerFeatures.upperCased($0) }
  }

  /// Whether a line has this label, whatever its parameters. In upper case: `EPSV`, `MFMT`, `TVFS`.
  public func contains(_ label: String) -> Bool { features.contains { $0.label == label } }

  /// Whether a line has this label and, among the words behind it, this one; both in upper case: `REST`, `STREAM`.
  public func contains(_ label: String, _ word: String) -> Bool {
    features.contains { feature in
      feature.label == label
        && feature.parameters.split { $0 == 0x20 || $0 == 0x3B || $0 == 0x2C }
          .contains { ServerFeatures.upperCased($0) == word }
    }
  }

  static func upperCased(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { 0x61...0x7A ~= $0 ? $0 &- 0x20 : $0 }, as: UTF8.self)
  }
}

extension ServerFeatures {
  /// MLST and MLSD (RFC 3659 §7).
  public var listsForMachines: Bool { contains("MLST") || contains("MLSD") }
  /// REST goes to any byte of a file in MODE S (RFC 3659 §5).
  public var restartsStreams: Bool { contains("REST", "STREAM") }
  /// RANG gives and takes parts of files in MODE S (draft-bryan-ftp-range).
  public var sendsRanges: Bool { contains("RANG", "STREAM") }
  /// MODE Z, compressed transfers (draft-preston-ftpext-deflate).
  public var compresses: Bool { contains("MODE", "Z") }
  /// Path names are UTF-8 (RFC 2640 §3).
  public var namesAreUTF8: Bool { contains("UTF8") || contains("UTF-8") }
  /// Paths have components separated by `/` (RFC 3659 §6).
  public var hasVirtualPaths: Bool { contains("TVFS") }
  /// AUTH TLS, under that name or the older `SSL`, which servers take for the same (RFC 4217 §4).
  public var offersTLS: Bool {
    authMechanisms.contains { $0 == "TLS" || $0 == "TLS-C" || $0 == "SSL" || $0 == "TLS-P" }
  }
  /// PBSZ and PROT, which data connections under TLS need (RFC 4217 §9).
  public var protectsData: Bool {
    contains("PROT") && contains("PBSZ") || contains("AUTH", "PROT") && contains("AUTH", "PBSZ")
  }
}

extension ServerFeatures.Feature {
  fileprivate init?(line: [UInt8]) {
    let start = line.drop { $0 == 0x20 || $0 == 0x09 }
    let end = start.lastIndex { $0 > 0x20 }
    guard let end else { return nil }
    let text = start[...end]
    let labelEnd = text.firstIndex(of: 0x20) ?? text.endIndex
    self.init(
      label: String(decoding: text[..<labelEnd], as: UTF8.self), parameters: Array(text[labelEnd...].dropFirst()))
  }
}

extension ServerFeatures.HashAlgorithm {
  /// `SHA-256*;SHA-1;MD5`, with a `;` at the end or without.
  fileprivate static func list(_ parameters: [UInt8]) -> [Self] {
    parameters.split { $0 == 0x3B || $0 == 0x20 }.compactMap { word in
      let name = word.filter { $0 != 0x2A }
      if name.isEmpty { return nil }
      return Self(name: ServerFeatures.upperCased(name), isSelected: word.last == 0x2A)
    }
  }
}
