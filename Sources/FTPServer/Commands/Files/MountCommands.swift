// SMNT (RFC 959, section 4.1.1): another tree for the session, of those the user's entry declares.

import Accounts
import FTPProtocol
import LinuxSystem

extension Session {
  /// SMNT name: the tree of that name; `/`, `~` or the home itself lead back. User and transfer parameters stay.
  func mount(_ command: Command) throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let account = identity.account
    let points = account.options.mounts
    if points.isEmpty {
      return Reply(202, "There is nothing to mount: you have no other directory tree.")
    }
    let name = Self.mountName(command.argument)
    let root: String
    if name.isEmpty || name.elementsEqual("~".utf8) {
      root = account.home
    } else if let point = points.first(where: { $0.name.utf8.elementsEqual(name) }) {
      root = point.path
    } else {
      throw .forbidden("You have no mount point of this name.")
    }
    do throws(HomeError) {
      try enter(account, root: root, identity.proof)
    } catch {
      tell(
        .error, "cannot mount \(root): \(error)", record(verb: command.verb, path: command.argument, result: 550))
      switch error {
      case .cannotOpen(let cause): throw .file(cause, naming: false)
      case .outsideRoots, .confined: throw .forbidden("Permission denied.")
      }
    }
    tell(.info, "mount", record(verb: command.verb, path: command.argument, result: 250))
    return Reply(250, "Mounted; the current directory is its root.")
  }

  /// The argument without the slashes that a name written as a path has.
  private static func mountName(_ argument: [UInt8]) -> ArraySlice<UInt8> {
    var name = argument[...]
    while name.first == 0x2F { name = name.dropFirst() }
    while name.last == 0x2F { name = name.dropLast() }
    return name
  }
}
