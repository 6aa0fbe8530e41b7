// What an argument names, and whether the login may do there what a command wants: the one place that looks at permissions and paths.

import Accounts
import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Identity {
  /// What this login may do with `path` and, if that is a directory, in it. nil: what it may do anywhere at all.
  ///
  /// Today the permissions of an account hold in all of its tree. Rules for single directories are to be looked up here.
  func permissions(at path: VirtualPath?) -> AccountPermissions { account.permissions }
}

extension Session {
  /// The identity, if it may do all of `permission` at `path`.
  func require(_ permission: AccountPermissions, at path: VirtualPath) throws(FTPError) -> Identity {
    try permitted(permission, at: path)
  }

  /// The identity, if it may do all of `permission` somewhere: whoever may not is told before the argument is looked at.
  func requireSomewhere(_ permission: AccountPermissions) throws(FTPError) -> Identity {
    try permitted(permission, at: nil)
  }

  /// The path an argument names, and the identity, if it may do all of `permission` there.
  /// - Parameter naming: whether the command gives a file its name (553 if it cannot have it) or uses one (550).
  func require(
    _ permission: AccountPermissions, resolving argument: [UInt8], naming: Bool = false
  ) throws(FTPError) -> (identity: Identity, path: VirtualPath) {
    _ = try requireSomewhere(permission)
    let path = try resolve(argument, naming: naming)
    return (try require(permission, at: path), path)
  }

  /// The absolute path an argument names.
  func resolve(_ argument: [UInt8], naming: Bool = false) throws(FTPError) -> VirtualPath {
    let path: VirtualPath
    do { path = try directory.resolving(argument) } catch { throw .path(error, naming: naming) }
    // The server's own files are nobody's: they cannot be made, read, renamed or removed by a client.
    if path.hasReservedName {
      if naming { throw .wrongKind("Names that begin with .weftpd- are the server's own.") }
      throw .file(SystemError(code: ENOENT, call: "openat2"), naming: false)
    }
    return path
  }

  private func permitted(
    _ permission: AccountPermissions, at path: VirtualPath?
  ) throws(FTPError) -> Identity {
    let identity = try requireIdentity()
    let granted = identity.permissions(at: path)
    if granted.isSuperset(of: permission) { return identity }
    if identity.account.permissions.isReadOnly, !permission.isDisjoint(with: .changes) {
      throw .forbidden("Permission denied: this login is read-only.")
    }
    throw .forbidden("Permission denied.")
  }
}

extension VirtualPath {
  /// Whether one of its names is the server's own.
  fileprivate var hasReservedName: Bool {
    var rest = bytes[...]
    while let slash = rest.firstIndex(of: 0x2F) {
      rest = rest[(slash + 1)...]
      if Jail.isReserved(rest) { return true }
    }
    return false
  }
}
