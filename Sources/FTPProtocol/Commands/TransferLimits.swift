// The limits two sides agree on before a transfer (OPTS LIMITS, by custom of weftpd): how many connections, and how fast.

/// What one side is ready for. Both keep to the lower of the two.
///
/// `OPTS LIMITS connections=4;total=5000000;` is answered `200 LIMITS connections=4;total=2000000;file=0;connection=0;block=262144;`, with
/// the values in force. Rates are bytes per second in one direction; 0, or a key that is left out, is no limit.
public struct TransferLimits: Sendable, Hashable {
  /// Sessions of one user at once, each with one data connection.
  public var connections: UInt64
  /// All of them together.
  public var total: UInt64
  /// All connections that share one file.
  public var file: UInt64
  /// Each connection.
  public var connection: UInt64
  /// Bytes that are moved in one piece.
  public var block: UInt64

  public init(
    connections: UInt64 = 0, total: UInt64 = 0, file: UInt64 = 0, connection: UInt64 = 0, block: UInt64 = 0
  ) {
    self.connections = connections
    self.total = total
    self.file = file
    self.connection = connection
    self.block = block
  }

  private static let keys: [(name: String, path: WritableKeyPath<TransferLimits, UInt64> & Sendable)] = [
    ("connections", \.connections), ("total", \.total), ("file", \.file), ("connection", \.connection),
    ("block", \.block),
  ]

  /// Reads `key=value;…`; keys that are not known are passed over, so that there may be more of them one day.
  ///
  /// - Returns: nil for what is not of that form, or no number of 18 digits at most.
  public init?(_ text: some Sequence<UInt8>) {
    self.init()
    for part in Array(text).split(whereSeparator: { $0 == 0x3B || $0 == 0x20 }) {
      let halves = part.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, !halves[0].isEmpty, (1...18).contains(halves[1].count),
        let value = UInt64(String(decoding: halves[1], as: UTF8.self)), halves[1].first != 0x2B
      else { return nil }
      let name = String(decoding: halves[0], as: UTF8.self).lowercased()
      if let key = Self.keys.first(where: { $0.name == name }) { self[keyPath: key.path] = value }
    }
  }

  /// What holds for both: of each pair the lower one that is a limit.
  public func lower(_ other: TransferLimits) -> TransferLimits {
    var both = self
    for key in Self.keys {
      let (mine, theirs) = (self[keyPath: key.path], other[keyPath: key.path])
      both[keyPath: key.path] = mine == 0 ? theirs : theirs == 0 ? mine : min(mine, theirs)
    }
    return both
  }

  /// Whether there is a limit on bytes per second.
  public var hasRates: Bool { total > 0 || file > 0 || connection > 0 }

  /// `connections=4;total=0;file=0;connection=0;block=0;`
  public var text: String { Self.keys.map { "\($0.name)=\(self[keyPath: $0.path]);" }.joined() }

  /// The line of FEAT: the keys there are.
  public static let feature = Array(("LIMITS " + keys.map { "\($0.name);" }.joined()).utf8)

  /// The text of the 200 reply.
  public var answer: [UInt8] { Array("LIMITS \(text)".utf8) }

  /// OPTS LIMITS with these values.
  public var command: Command { Command(verb: "OPTS", argument: answer) }

  /// Reads the answer to ``command``; nil if it is none.
  public init?(_ reply: ReceivedReply) {
    let words = reply.text.split(separator: 0x20, maxSplits: 1)
    guard reply.code == 200, words.count == 2, String(decoding: words[0], as: UTF8.self) == "LIMITS" else { return nil }
    self.init(words[1])
  }
}
