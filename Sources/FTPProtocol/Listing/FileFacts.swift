// What the listings say about one file.

/// The facts about a file or directory that LIST and MLSx print, as `statx(2)` gives them.
public struct FileFacts: Sendable, Hashable {
  public enum Kind: UInt8, Sendable, Hashable {
    case file, directory, symlink, fifo, socket, characterDevice, blockDevice, unknown
  }

  public var kind: Kind
  /// The permission bits, 0o7777.
  public var mode: UInt16
  public var links: UInt32
  /// Numeric user and group.
  public var owner: UInt32
  public var group: UInt32
  /// Bytes.
  public var size: UInt64
  /// Seconds since 1970 (UTC); negative before it.
  public var modified: Int64
  public var modifiedNanoseconds: UInt32
  /// Together they tell one file from every other.
  public var device: UInt64
  public var inode: UInt64

  public init(
    kind: Kind, mode: UInt16, links: UInt32, owner: UInt32, group: UInt32, size: UInt64, modified: Int64,
    modifiedNanoseconds: UInt32, device: UInt64, inode: UInt64
  ) {
    self.kind = kind
    self.mode = mode
    self.links = links
    self.owner = owner
    self.group = group
    self.size = size
    self.modified = modified
    self.modifiedNanoseconds = modifiedNanoseconds
    self.device = device
    self.inode = inode
  }
}
