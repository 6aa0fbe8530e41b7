// Why this process cannot change the accounts, told before anybody tries: it has given its rights up, and the files are often root's.

import DaemonSettings
import Glibc
import LinuxSystem
import Privileges

enum AccountObstacle {
  /// What keeps this process from writing the file with the accounts, and what to do; nil: nothing that can be seen beforehand.
  static func words(_ settings: Settings) -> String? {
    guard settings.controlAccounts else {
      return "The setting server.control-accounts is off: accounts are changed with `weftpd user`." + advice
    }
    let file: String
    switch settings.accounts.backend {
    case .table: file = settings.accountsTable ?? ""
    case .sqlite: file = settings.accounts.sqlite ?? ""
    // The database knows what its role may do.
    case .postgres: return nil
    }
    let path = (try? File.resolvedPath(file)) ?? File.absolutePath(file)
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let why = why(path, directory, isReplaced: settings.accounts.backend == .table) else { return nil }
    return why + " Accounts are changed as root with `weftpd user`." + advice
  }

  private static let advice = " How to let weftpd change them: docs/console.md, Changing accounts."

  private static func why(_ path: String, _ directory: String, isReplaced: Bool) -> String? {
    let user = ((try? UserDatabase.user(geteuid())) ?? nil).map(\.name) ?? "uid \(geteuid())"
    if let confinement = Confinement.current, !confinement.mayReplaceFiles(in: directory) {
      return "weftpd was started without leave to write in \(directory): a restart gives it."
    }
    for place in [path, directory] where File.exists(place) {
      let right = faccessat(AT_FDCWD, place, W_OK, AT_EACCESS)
      if right != 0 {
        let reason = errno == EROFS ? "it is mounted read-only for it" : "its permissions say no"
        return "weftpd runs as \(user) and cannot write \(place): \(reason)."
      }
    }
    // A table is replaced by a new file, which nobody but root can give to somebody else.
    if isReplaced, geteuid() != 0, let status = try? File.status(at: path), status.owner != geteuid() {
      return "weftpd runs as \(user), and \(path) belongs to somebody else."
    }
    return nil
  }
}
