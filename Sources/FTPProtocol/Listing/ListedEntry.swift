// One file or directory as a listing told it, whatever the form of the listing.

/// A time in a listing.
public struct ListedTime: Sendable, Hashable {
  /// How much of a time a listing tells; what is left out counts as 0.
  public enum Precision: UInt8, Sendable, Hashable, Comparable {
    case day, minute, second, fraction

    public static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
  }

  /// Seconds since 1970, UTC. LIST does not tell its time zone: its times are taken for UTC, and a client that knows better
  /// corrects them.
  public let seconds: Int64
  /// 0 to 999,999,999.
  public let nanoseconds: UInt32
  /// The smallest part that the listing told.
  public let precision: Precision

  /// A time as it is; nothing is checked or cut off.
  public init(seconds: Int64, nanoseconds: UInt32 = 0, precision: Precision) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
    self.precision = precision
  }
}

/// One entry of a directory as a client received it: the client's counterpart of ``FileFacts``.
///
/// What the listing did not tell is nil. All of it is the server's word. Before a name becomes a part of a local path it has to pass
/// ``isSafeName``.
public struct ListedEntry: Sendable, Hashable {
  /// A fact of MLSD that has no property of its own.
  public struct Fact: Sendable, Hashable {
    /// In lower case.
    public let name: String
    /// What stands between `=` and `;`.
    public let value: [UInt8]

    /// A fact as it is; the name in lower case.
    public init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  /// The bytes of the name, as a rule without a directory; with MLST a path.
  public var name: [UInt8]
  /// `unknown` where the listing does not tell, as in NLST.
  public var kind: FileFacts.Kind
  /// Whether this is the listed directory itself or the one above it; only MLSD says so.
  public var role = MachineFormatter.Role.entry
  /// Bytes. Of a directory or a link it means nothing that could be transferred.
  public var size: UInt64?
  /// When the contents were last changed.
  public var modified: ListedTime?
  /// When it was made; only MLSD says so.
  public var created: ListedTime?
  /// Equal for two names of the same file, and different for different files, on this server.
  public var unique: [UInt8]?
  /// What the user may do with it (RFC 3659 §7.5.5).
  public var permissions: Permissions?
  /// The permission bits, 0o7777.
  public var mode: UInt16?
  /// The number of the user it belongs to, where the listing has numbers.
  public var owner: UInt32?
  /// The number of the group it belongs to, where the listing has numbers.
  public var group: UInt32?
  /// The name of the user, where the listing has names.
  public var ownerName: [UInt8]?
  /// The name of the group, where the listing has names.
  public var groupName: [UInt8]?
  /// Where a symbolic link points to. For display: it may be anything.
  public var linkTarget: [UInt8]?
  /// The type of the contents, `text/plain`.
  public var mediaType: [UInt8]?
  /// The character set of the name.
  public var charset: [UInt8]?
  /// The language of the name.
  public var language: [UInt8]?
  /// Further facts of MLSD, in the order they came. A `type` that is not known is one of them.
  public var otherFacts: [Fact] = []

  /// An entry of which nothing more is known.
  public init(name: [UInt8], kind: FileFacts.Kind) {
    self.name = name
    self.kind = kind
  }

  /// Whether the name is one component of a path, so that it cannot lead out of a local directory: not empty, not `.` or `..`, without
  /// `/` and without NUL.
  ///
  /// A client must not make a local file of a name for which this is false. (It is false for the paths that MLST gives, too.)
  public var isSafeName: Bool {
    if name.isEmpty || name.elementsEqual([0x2E]) || name.elementsEqual([0x2E, 0x2E]) { return false }
    return !name.contains { $0 == 0x2F || $0 == 0 }
  }
}
