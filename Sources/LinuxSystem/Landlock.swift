// Landlock: restricts what the calling thread, and everything it starts from then on, may do with files and ports.

import CLinux
import Glibc

/// The kernel's Landlock (Linux 5.13), a restriction that a process puts on itself and cannot remove.
///
/// Source: landlock(7), https://docs.kernel.org/userspace-api/landlock.html
public enum Landlock {
  /// The version of the interface: 1 is Linux 5.13, 4 adds TCP ports (6.7), 6 adds scopes (6.12); 0 means no Landlock.
  ///
  /// Source: landlock_create_ruleset(2), LANDLOCK_CREATE_RULESET_VERSION.
  public static var version: Int { max(0, Int(weft_landlock_version(0))) }

  /// Whether the kernel's rules for TCP ports do not apply to multipath sockets: this is so with the fix of errata 1 (Linux 6.15).
  /// Earlier kernels apply them to multipath sockets too.
  public static var sparesMultipath: Bool { weft_landlock_version(1) & 1 != 0 }

  /// What may be done with files beneath a directory. Source: landlock(7), LANDLOCK_ACCESS_FS_*.
  public struct FileAccess: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let execute = FileAccess(rawValue: 1 << 0)
    public static let writeFile = FileAccess(rawValue: 1 << 1)
    public static let readFile = FileAccess(rawValue: 1 << 2)
    public static let readDirectory = FileAccess(rawValue: 1 << 3)
    public static let removeDirectory = FileAccess(rawValue: 1 << 4)
    public static let removeFile = FileAccess(rawValue: 1 << 5)
    public static let makeDirectory = FileAccess(rawValue: 1 << 7)
    public static let makeRegular = FileAccess(rawValue: 1 << 8)
    public static let makeLink = FileAccess(rawValue: 1 << 12)
    /// Renaming and linking from one directory to another; version 1 always denies it.
    public static let refer = FileAccess(rawValue: 1 << 13)
    public static let truncate = FileAccess(rawValue: 1 << 14)

    /// Everything a kernel of `version` can forbid.
    public static func all(version: Int) -> FileAccess {
      FileAccess(rawValue: version >= 5 ? 0xFFFF : version >= 3 ? 0x7FFF : version == 2 ? 0x3FFF : 0x1FFF)
    }

    public static let read: FileAccess = [.readFile, .readDirectory]
    /// Reading, and every change a client may make; no devices, sockets or FIFOs, and no execution.
    public static let readAndWrite: FileAccess = [
      .readFile, .readDirectory, .writeFile, .truncate, .removeDirectory, .removeFile, .makeDirectory, .makeRegular,
      .makeLink, .refer,
    ]
    /// What a rule for a single file, not a directory, may allow.
    static let ofFiles: FileAccess = [.execute, .writeFile, .readFile, .truncate]
  }

  /// What may be done with TCP ports (version 4). Source: landlock(7), LANDLOCK_ACCESS_NET_*.
  public struct PortAccess: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let bind = PortAccess(rawValue: 1)
    public static let connect = PortAccess(rawValue: 2)
  }

  /// What is kept from processes outside the domain (version 6). Source: landlock(7), LANDLOCK_SCOPE_*.
  public struct Scope: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No connecting to abstract UNIX sockets made outside.
    public static let abstractSockets = Scope(rawValue: 1)
    /// No signals to processes outside.
    public static let signals = Scope(rawValue: 2)
  }

  /// A set of rules under construction.
  public struct Ruleset: ~Copyable {
    private let descriptor: Descriptor
    private let files: FileAccess

    /// Forbids everything named here that no rule allows. Source: landlock_create_ruleset(2).
    public init(files: FileAccess, ports: PortAccess, scopes: Scope) throws(SystemError) {
      self.files = files
      descriptor = Descriptor(
        owning: try check(
          weft_landlock_create(files.rawValue, ports.rawValue, scopes.rawValue), "landlock_create_ruleset"))
    }

    /// Allows `access` at `path` and beneath. The rule applies to the file or directory that exists now, not to one that replaces it.
    ///
    /// Source: landlock_add_rule(2).
    public func allow(_ access: FileAccess, at path: String) throws(SystemError) {
      let place = try File.open(path, flags: WEFT_O_PATH)
      var allowed = access.intersection(files)
      if try !File.status(place.number).isDirectory { allowed.formIntersection(.ofFiles) }
      if allowed.isEmpty { return }
      try check(weft_landlock_add_path(descriptor.number, place.number, allowed.rawValue), "landlock_add_rule")
    }

    /// Allows `access` to a TCP port; 0 means binding to a port the kernel chooses. Source: landlock_add_rule(2).
    public func allow(_ access: PortAccess, port: UInt16) throws(SystemError) {
      try check(weft_landlock_add_port(descriptor.number, port, access.rawValue), "landlock_add_rule")
    }

    /// Puts the rules on the calling thread and all it starts. Needs no-new-privileges. Source: landlock_restrict_self(2).
    public func restrictThread() throws(SystemError) {
      try check(weft_landlock_restrict(descriptor.number), "landlock_restrict_self")
    }
  }
}
