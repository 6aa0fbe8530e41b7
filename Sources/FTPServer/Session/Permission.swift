// What an argument names, and whether the login may do there what a command wants: the one place that looks at permissions and paths.

import Accounts
import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Identity {
  /// What this login may do with `path`. nil: what it may do with one path or another.
  func permissions(at path: VirtualPath?) -> AccountPermissions {
    guard let answers else { return account.permissions }
    return path.map { answers.answer(about: $0).permissions } ?? answers.somewhere
  }
}

extension Session {
  /// The identity, if it may do all of `permission` at `path`. Its jail asks the same about what the kernel finds there.
  func require(_ permission: AccountPermissions, at path: VirtualPath) throws(FTPError) -> Identity {
    try permitted(permission, at: path).admitted(to: permission)
  }

  /// The identity, if it may know of `path`: whoever may neither list nor read there is told nothing of its files.
  func requireFacts(at path: VirtualPath) throws(FTPError) -> Identity {
    let identity = try requireIdentity()
    guard let answers = identity.answers else { return identity }
    let answer = answers.answer(about: path)
    if answer.isHidden { throw Self.nothingThere }
    if answer.permissions.isDisjoint(with: [.list, .read]) { throw .forbidden("Permission denied.") }
    return identity.admitted(to: [.list, .read], anyOfThem: true)
  }

  /// The identity, if it may give a file the name `path`: a new one, or in place of one that is there. Its jail replaces nothing where
  /// the login may not.
  func requireStoring(at path: VirtualPath) throws(FTPError) -> Identity {
    let identity = try requireIdentity()
    if identity.permissions(at: path).contains(.write) {
      return try permitted(.write, at: path).admitted(to: .write, guardingFiles: true)
    }
    // Whoever may only replace files needs one.
    let replacing = try permitted(.overwrite, at: path).admitted(to: .overwrite)
    do throws(SystemError) { _ = try replacing.jail.status(of: path) } catch {
      throw error.code == ENOENT ? .forbidden("Permission denied.") : .file(error, naming: true)
    }
    return replacing
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
      throw Self.nothingThere
    }
    return path
  }

  private static var nothingThere: FTPError { .file(SystemError(code: ENOENT, call: "openat2"), naming: false) }

  private func permitted(
    _ permission: AccountPermissions, at path: VirtualPath?
  ) throws(FTPError) -> Identity {
    let identity = try requireIdentity()
    if let path, let answers = identity.answers, answers.answer(about: path).isHidden { throw Self.nothingThere }
    let granted = identity.permissions(at: path)
    if granted.isSuperset(of: permission) { return identity }
    if identity.permissions(at: nil).isReadOnly, !permission.isDisjoint(with: .changes) {
      throw .forbidden("Permission denied: this login is read-only.")
    }
    throw .forbidden("Permission denied.")
  }
}

extension VirtualPath {
  /// Whether one of its names is the server's own.
  fileprivate var hasReservedName: Bool {
    // Each path comes through here, and hardly any has a name that begins with a dot.
    bytes.withUnsafeBufferPointer { bytes in
      for place in bytes.indices.dropLast() where bytes[place] == 0x2F && bytes[place + 1] == 0x2E {
        if Jail.isReserved(bytes[(place + 1)...]) { return true }
      }
      return false
    }
  }
}
