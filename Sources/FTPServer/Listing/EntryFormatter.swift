// From what the file system says of an entry to its line in a LIST, NLST or MLSD.

import Accounts
import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// Formats the entries of one directory after the other, in the style of the request.
struct EntryFormatter {
  private let names: OwnerNames
  private var granted: AccountPermissions
  /// What the login may do with the next entry, where that differs from one to the other.
  var grantedNext: AccountPermissions? { didSet { if let grantedNext { granted = grantedNext } } }
  /// The next entry is a virtual directory, which is neither removed nor renamed.
  var isBranch = false
  /// The next entry has parts with rules of their own, and is not renamed.
  var isDivided = false
  private var long: ListFormatter
  private var machine = MachineFormatter(facts: .standard)
  /// Digits after the second in times of MLSD and MLST.
  var fractionDigits = 0
  private let credentials: Credentials
  /// Whether names may be made and removed in the directory at hand.
  private var mayChangeDirectory = false
  /// The owner of a sticky directory, where only owners remove and rename; nil elsewhere. See unlink(2), EPERM.
  private var stickyOwner: UInt32?
  private var lastOwner: (id: UInt32, name: [UInt8])?
  private var lastGroup: (id: UInt32, name: [UInt8])?

  /// - Parameter granted: what the login may do there.
  init(names: OwnerNames, granted: AccountPermissions, now: Int64, credentials: Credentials = .current) {
    self.credentials = credentials
    self.names = names
    self.granted = granted
    long = ListFormatter(now: now)
  }

  /// The entries that follow are of this directory.
  mutating func enter(directory: Int32) {
    let mayBeAsked = grantedNext != nil || !granted.isDisjoint(with: [.delete, .removeDirectory, .rename])
    mayChangeDirectory =
      mayBeAsked
      && File.isAccessible(in: directory, name: "", mode: W_OK | X_OK)
    stickyOwner = (try? File.status(directory)).flatMap { $0.permissions & 0o1000 != 0 ? $0.owner : nil }
  }

  /// Appends the line of one entry. `dot` is 1 for `.` and 2 for `..`, else 0.
  mutating func append(
    _ name: UnsafeRawBufferPointer, _ status: FileStatus, style: ListingRequest.Style, dot: Int, linkTarget: [UInt8]?,
    created: FileTime? = nil, to out: inout [UInt8]
  ) {
    let facts = FileFacts(status)
    switch style {
    case .names(let prefix): appendName(name, prefix: prefix, to: &out)
    case .long:
      let (owner, group) = ownerNames(status)
      long.appendLong(
        name: name, facts: facts, owner: owner ?? [], group: group ?? [], linkTarget: linkTarget, to: &out)
    case .machine(let selected):
      if machine.facts != selected || machine.fractionDigits != fractionDigits {
        machine = MachineFormatter(facts: selected, fractionDigits: fractionDigits)
      }
      let wantsNames = !selected.isDisjoint(with: [.unixOwnerName, .unixGroupName])
      let (owner, group) = wantsNames ? ownerNames(status) : (nil, nil)
      let role: MachineFormatter.Role = dot == 0 ? .entry : dot == 1 ? .current : .parent
      machine.append(
        name: name, facts: facts, role: role, permissions: permissions(status, role), ownerName: owner,
        groupName: group, extras: extras(linkTarget, created), to: &out)
    }
  }

  private func extras(_ linkTarget: [UInt8]?, _ created: FileTime?) -> MachineFormatter.Extras? {
    if linkTarget == nil, created == nil { return nil }
    return MachineFormatter.Extras(created: created.map { ($0.seconds, $0.nanoseconds) }, linkTarget: linkTarget)
  }

  /// Appends a line of NLST.
  mutating func appendName(_ name: UnsafeRawBufferPointer, prefix: [UInt8], to out: inout [UInt8]) {
    long.appendName(name, prefix: prefix, to: &out)
  }

  private mutating func ownerNames(_ status: FileStatus) -> ([UInt8]?, [UInt8]?) {
    if lastOwner?.id != status.owner { lastOwner = (status.owner, names.user(status.owner)) }
    if lastGroup?.id != status.group { lastGroup = (status.group, names.group(status.group)) }
    return (lastOwner?.name, lastGroup?.name)
  }

  /// What this login may do with the entry (RFC 3659, section 7.5.5): clients switch their buttons by it, so it has to be true.
  func permissions(_ status: FileStatus, _ role: MachineFormatter.Role) -> Permissions {
    var result: Permissions = []
    let readable = credentials.may(4, status)
    let writable = !granted.isReadOnly && credentials.may(2, status)
    let searchable = credentials.may(1, status)
    // `.` and `..` are not removed or renamed by these names.
    let nameable = mayChangeDirectory && role == .entry && !isBranch
    func allow(_ permission: Permissions, _ needed: AccountPermissions) {
      if granted.contains(needed) { result.insert(permission) }
    }
    if status.isDirectory {
      if searchable { result.insert(.enter) }
      if readable, searchable { allow(.list, .list) }
      if writable, searchable {
        allow(.create, .write)
        allow(.makeDirectory, .makeDirectory)
        allow(.purge, .delete)
      }
    } else if status.isRegular {
      if readable { allow(.retrieve, .read) }
      if writable {
        allow(.append, .append)
        allow(.store, .overwrite)
      }
    }
    if nameable, stickyOwner.map({ credentials.mayUnlinkSticky(directoryOwner: $0, entry: status) }) ?? true {
      allow(.delete, status.isDirectory ? .removeDirectory : .delete)
      if !isDivided { allow(.rename, .rename) }
    }
    return result
  }
}

/// Who this process, or the user it acts for, is to the file system.
struct Credentials: Sendable {
  private let user: UInt32
  private let groups: Set<UInt32>

  static var current: Credentials {
    var list = [gid_t](repeating: 0, count: 256)
    let count = getgroups(Int32(list.count), &list)
    return Credentials(user: geteuid(), groups: Set(list.prefix(max(0, Int(count)))).union([getegid()]))
  }

  /// Who acts in a jail.
  init(_ jail: Jail) {
    self = jail.credentials.map { Credentials(user: $0.user, groups: Set($0.groups).union([$0.group])) } ?? .current
  }

  private init(user: UInt32, groups: Set<UInt32>) {
    self.user = user
    self.groups = groups
  }

  /// Whether an entry of a sticky directory may be removed or renamed.
  func mayUnlinkSticky(directoryOwner: UInt32, entry: FileStatus) -> Bool {
    user == 0 || user == directoryOwner || user == entry.owner
  }

  /// Whether the permission bits allow 4 (read), 2 (write) or 1 (execute, search).
  func may(_ bit: UInt32, _ status: FileStatus) -> Bool {
    if user == 0 { return bit != 1 || status.isDirectory || status.permissions & 0o111 != 0 }
    if status.owner == user { return status.permissions >> 6 & bit != 0 }
    if groups.contains(status.group) { return status.permissions >> 3 & bit != 0 }
    return status.permissions & bit != 0
  }
}

extension FileFacts {
  init(_ status: FileStatus) {
    let kind: Kind
    switch status.mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): kind = .file
    case UInt32(S_IFDIR): kind = .directory
    case UInt32(S_IFLNK): kind = .symlink
    case UInt32(S_IFIFO): kind = .fifo
    case UInt32(S_IFSOCK): kind = .socket
    case UInt32(S_IFCHR): kind = .characterDevice
    case UInt32(S_IFBLK): kind = .blockDevice
    default: kind = .unknown
    }
    self.init(
      kind: kind, mode: UInt16(truncatingIfNeeded: status.permissions), links: status.links, owner: status.owner,
      group: status.group, size: status.size, modified: status.modified,
      modifiedNanoseconds: status.modifiedNanoseconds, device: status.device, inode: status.inode)
  }
}
