// What an account may do, one bit for each kind of access, and the two sets that `ro` and `rw` stand for.

/// What may be done with files and directories.
public struct AccountPermissions: OptionSet, Sendable, Hashable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Listing directories, and asking for facts of files.
  public static let list = AccountPermissions(rawValue: 1 << 0)
  /// Downloading files, or having their digests computed.
  public static let read = AccountPermissions(rawValue: 1 << 1)
  /// Making files that were not there, symbolic links among them.
  public static let write = AccountPermissions(rawValue: 1 << 2)
  /// Replacing files, or writing into them.
  public static let overwrite = AccountPermissions(rawValue: 1 << 3)
  /// Writing behind the end of files.
  public static let append = AccountPermissions(rawValue: 1 << 4)
  /// Giving files and directories other names.
  public static let rename = AccountPermissions(rawValue: 1 << 5)
  /// Removing files.
  public static let delete = AccountPermissions(rawValue: 1 << 6)
  /// Making directories.
  public static let makeDirectory = AccountPermissions(rawValue: 1 << 7)
  /// Removing directories.
  public static let removeDirectory = AccountPermissions(rawValue: 1 << 8)
  /// Changing mode, group and times of what is there.
  public static let changeMode = AccountPermissions(rawValue: 1 << 9)
  /// The commands of SITE, as far as nothing else here is about them.
  public static let site = AccountPermissions(rawValue: 1 << 10)
  /// Data connections with another host than the client's: the option `site-to-site=yes` of an entry.
  public static let siteToSite = AccountPermissions(rawValue: 1 << 11)

  /// Whatever changes something.
  public static let changes: AccountPermissions = [
    .write, .overwrite, .append, .rename, .delete, .makeDirectory, .removeDirectory, .changeMode,
  ]
  /// `ro` in the user table.
  public static let readOnly: AccountPermissions = [.list, .read, .site]
  /// `rw` in the user table.
  public static let readAndWrite: AccountPermissions = readOnly.union(changes)

  /// Whatever there is: nothing is taken away from what an entry grants.
  public static let all: AccountPermissions = readAndWrite.union(.siteToSite)

  /// True if nothing may be created, changed or removed.
  public var isReadOnly: Bool { isDisjoint(with: .changes) }
}
