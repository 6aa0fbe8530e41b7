// The kernel's MPTCP counters of this network namespace: reads them by name, compares them over time, and says what they mean.

/// The `MPTcpExt` counters of the calling thread's network namespace since it was made.
///
/// Names and number differ between kernels, so they are looked up by name. Source: /proc/net/netstat.
public struct Counters: Sendable, Hashable {
  let values: [String: UInt64]

  init(values: [String: UInt64]) { self.values = values }

  /// Nil if the kernel has no MPTCP counters. Readable by everybody. Cost: about 150 µs.
  public static func read() -> Counters? {
    ProcFile.bytes("/proc/thread-self/net/netstat").flatMap(parse)
  }

  /// Reads the text of /proc/net/netstat: pairs of lines that begin alike, names in the first and values in the second.
  static func parse(_ text: [UInt8]) -> Counters? {
    let lines = text.split(separator: 0x0A)
    for (names, numbers) in zip(lines, lines.dropFirst()) {
      let names = names.split(separator: 0x20)
      let numbers = numbers.split(separator: 0x20)
      guard let group = names.first, group.elementsEqual("MPTcpExt:".utf8), numbers.first == group else { continue }
      var values: [String: UInt64] = [:]
      for (name, number) in zip(names.dropFirst(), numbers.dropFirst()) {
        values[String(decoding: name, as: UTF8.self)] = UInt64(String(decoding: number, as: UTF8.self))
      }
      return Counters(values: values)
    }
    return nil
  }

  /// The value of a counter by the kernel's name, for example `MPJoinAckRx`; nil if this kernel does not have it.
  public subscript(_ name: String) -> UInt64? { values[name] }

  /// All names this kernel has, sorted.
  public var names: [String] { values.keys.sorted() }

  /// How much every counter has risen since `earlier`. MPCurrEstab, which is a level and not a count, keeps its value.
  public func delta(since earlier: Counters) -> Counters {
    var moved: [String: UInt64] = [:]
    for (name, value) in values {
      moved[name] = name == "MPCurrEstab" ? value : value &- Swift.min(value, earlier.values[name] ?? 0)
    }
    return Counters(values: moved)
  }

  /// Those of `names` that are not zero, in that order.
  public func nonZero(_ names: [String]) -> [(name: String, value: UInt64)] {
    names.compactMap { name in values[name].flatMap { $0 > 0 ? (name, $0) : nil } }
  }

  /// Counters that rise if something between the ends changed the data: most likely an FTP helper of a NAT or firewall.
  public static let middleboxNames = [
    "DataCsumErr", "DSSCorruptionFallback", "DSSCorruptionReset", "DSSNotMatching", "MPFailTx", "MPFailRx",
    "InfiniteMapTx", "InfiniteMapRx",
  ]

  /// Counters that rise when a connection becomes plain TCP, with the reason in words. The kernel does not keep a reason
  /// per connection; the best substitute is a delta over the life of a single connection.
  public static let fallbackReasons: [(name: String, reason: String)] = [
    ("MPCapableFallbackACK", "the client's third packet came without the option"),
    ("MPCapableFallbackSYNACK", "the peer answered without the option"),
    ("MPCapableSYNTXDrop", "the first packets with the option were dropped on the way"),
    ("MPCapableSYNTXDisabled", "outgoing multipath is paused after dropped packets"),
    ("MPCapableDataFallback", "the first data came without a mapping"),
    ("MD5SigFallback", "TCP MD5 signatures are in use"),
    ("DssFallback", "a mapping was missing or wrong"),
    ("DSSCorruptionFallback", "data was changed on the way"),
    ("InfiniteMapRx", "the peer gave up mappings, data was changed on the way"),
    ("InfiniteMapTx", "a checksum failed, data was changed on the way"),
    ("SimultConnectFallback", "both ends connected at once"),
    ("FallbackFailed", "a fallback came too late and ended the connection"),
  ]

  /// The non-zero ones of ``middleboxNames``.
  public var middleboxAlarms: [(name: String, value: UInt64)] { nonZero(Self.middleboxNames) }

  /// The reasons of fallbacks counted here, best used on a ``delta(since:)``.
  public var fallbacks: [(reason: String, count: UInt64)] {
    Self.fallbackReasons.compactMap { name, reason in values[name].flatMap { $0 > 0 ? (reason, $0) : nil } }
  }

  /// Groups for display to a person. Leave out names that the kernel does not have.
  public static let groups: [(title: String, names: [String])] = [
    ("connections", ["MPCurrEstab", "MPCapableSYNRX", "MPCapableACKRX", "MPCapableSYNTX", "MPCapableSYNACKRX"]),
    ("fallbacks", fallbackReasons.map(\.name) + ["Blackhole"]),
    (
      "further paths",
      [
        "MPJoinSynRx", "MPJoinAckRx", "MPJoinSynTx", "MPJoinSynAckRx", "MPJoinSynTxBindErr", "MPJoinSynTxConnectErr",
        "MPJoinSynTxCreatSkErr", "MPJoinPortSynRx", "MPJoinPortAckRx", "MPJoinNoTokenFound", "MPJoinRejected",
        "MPJoinSynAckHMacFailure", "MPJoinAckHMacFailure",
      ]
    ),
    ("changed data", middleboxNames),
    ("loss", ["MPTCPRetrans", "SubflowStale", "SubflowRecover", "DuplicateData", "WinProbe"]),
    ("endings", ["MPFastcloseTx", "MPFastcloseRx", "MPRstTx", "MPRstRx"]),
    (
      "addresses",
      ["AddAddrTx", "AddAddr", "EchoAddTx", "EchoAdd", "AddAddrDrop", "RmAddrTx", "RmAddr", "RmSubflow"]
    ),
  ]
}
