// How much there is, and how much there may be.

/// Bytes and files: regular files, by their sizes. Directories and links are not counted.
public struct QuotaUsage: Sendable, Hashable {
  public var bytes: Int64
  public var files: Int64

  public init(bytes: Int64 = 0, files: Int64 = 0) {
    self.bytes = bytes
    self.files = files
  }

  /// One file of this size.
  public init(fileOf size: UInt64) { self.init(bytes: Int64(clamping: size), files: 1) }

  /// Sums stop at the ends of what an Int64 holds: nothing that comes from a disk may end the process.
  public static func + (one: QuotaUsage, other: QuotaUsage) -> QuotaUsage {
    func sum(_ a: Int64, _ b: Int64) -> Int64 {
      let (sum, overflow) = a.addingReportingOverflow(b)
      return overflow ? (b < 0 ? .min : .max) : sum
    }
    return QuotaUsage(bytes: sum(one.bytes, other.bytes), files: sum(one.files, other.files))
  }

  public static prefix func - (usage: QuotaUsage) -> QuotaUsage {
    QuotaUsage(bytes: usage.bytes == .min ? .max : -usage.bytes, files: usage.files == .min ? .max : -usage.files)
  }

  public static func - (one: QuotaUsage, other: QuotaUsage) -> QuotaUsage { one + -other }
  public static func += (one: inout QuotaUsage, other: QuotaUsage) { one = one + other }
  public static func -= (one: inout QuotaUsage, other: QuotaUsage) { one = one - other }

  var isZero: Bool { bytes == 0 && files == 0 }
  /// The greater of both, each.
  static func greatest(_ one: QuotaUsage, _ other: QuotaUsage) -> QuotaUsage {
    QuotaUsage(bytes: max(one.bytes, other.bytes), files: max(one.files, other.files))
  }
  /// Whether neither is more than there.
  func fits(in room: QuotaUsage) -> Bool { bytes <= room.bytes && files <= room.files }
  /// What of it is more, not less.
  var growth: QuotaUsage { QuotaUsage(bytes: max(0, bytes), files: max(0, files)) }
}

/// A limit on what several directories hold together.
public struct QuotaBound: Sendable, Hashable {
  /// The directories, by their real paths on the host; none of them beneath another.
  public let directories: [String]
  /// nil: any number.
  public let bytes: UInt64?
  public let files: UInt64?

  public init(_ directories: [String], bytes: UInt64?, files: UInt64?) {
    var roots: [String] = []
    for directory in directories.sorted() where !roots.contains(where: { QuotaBound.contains($0, directory) }) {
      roots.append(directory)
    }
    self.directories = roots
    self.bytes = bytes
    self.files = files
  }

  /// Whether `path` is `directory`, or beneath it.
  public static func contains(_ directory: String, _ path: String) -> Bool {
    if directory == "/" || directory == path { return true }
    return path.utf8.starts(with: directory.utf8) && path.utf8.dropFirst(directory.utf8.count).first == 0x2F
  }

  /// Whether so much may be there, after `change`: what makes it less is always allowed.
  func admits(_ usage: QuotaUsage, after change: QuotaUsage) -> Bool {
    if let bytes, change.bytes > 0, usage.bytes > Int64(clamping: bytes) { return false }
    if let files, change.files > 0, usage.files > Int64(clamping: files) { return false }
    return true
  }
}

/// How one bound stands.
public struct QuotaStanding: Sendable, Hashable {
  public let bound: QuotaBound
  /// What is there, with what uploads that run have reserved.
  public let usage: QuotaUsage

  /// Bytes that may still come; nil: any number.
  public var bytesLeft: Int64? { bound.bytes.map { max(0, Int64(clamping: $0) - usage.bytes) } }
  public var filesLeft: Int64? { bound.files.map { max(0, Int64(clamping: $0) - usage.files) } }
}
