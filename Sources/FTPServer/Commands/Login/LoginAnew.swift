// USER when somebody is logged in, and while a transfer runs (RFC 959, section 4.1.1): the login begins anew, the transfer stays as it was.

import Accounts
import FTPProtocol
import LinuxSystem

extension Session {
  /// Forgets who is logged in, with all that came with that: the directory, names that were given, the mask of new files, the character
  /// set. The transfer parameters and the data port stay as they are.
  func beginLoginAnew() {
    guard identity != nil else { return }
    tellLogout(after: "USER")
    logOut()
    greeted = .now
    directory = .root
    parameters.renameFrom = nil
    parameters.restart = 0
    if let state = parameters.fileState {
      (state.copySource, state.umask, state.idle, state.allocation, state.range) = (nil, nil, nil, nil, nil)
    }
    extras?.charset = nil
  }

  /// Answers a command while a transfer runs; false if it has to wait for the end, in line.
  ///
  /// USER, REIN and QUIT take effect at once, and the transfer is completed as it was begun. Not so for those that came in one piece
  /// with what is under way: a client that says `RETR a`, `QUIT` in one breath wants the one after the other.
  func answerNow(_ command: Command, isPipelined: Bool) -> Bool {
    guard let row = CommandTable.row(command.verb) else { return false }
    if row.traits.contains(.endsLogin) {
      guard !isPipelined, transfer?.direction != .fileWork else { return false }
    } else if !row.traits.contains(.duringTransfer) {
      return false
    }
    do {
      try checkGates(row, command)
      switch row.handler {
      case .immediate(let handler): answer(command, try handler(self, command))
      case .answering where row.verb == "USER":
        guard let reply = try userNow(command) else { return false }
        answer(command, reply)
      default: return false
      }
    } catch {
      fail(FTPError(error), command)
    }
    return true
  }

  /// USER without waiting for anything; nil where that cannot be.
  private func userNow(_ command: Command) throws(FTPError) -> Reply? {
    let name = command.argument
    if isAnonymousLogin(name) {
      beginLoginAnew()
      return askForAddress(name)
    }
    let (snapshot, changes) = (context.snapshot, context.accountChanges.load(ordering: .acquiring))
    guard case .known(let entry) = accounts(of: snapshot).entryNow(named: name) else { return nil }
    if let entry, accountByCertificate(entry) != nil { return nil }
    beginLoginAnew()
    return try askForPassword(NamedUser(name: name, entry: entry, snapshot: snapshot, changes: changes))
  }
}
