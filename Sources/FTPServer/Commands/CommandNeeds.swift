// What each command with a path needs of it, as one table for people who ask; the handlers ask the same of the session.

import Accounts

/// What a command needs of a path.
public enum CommandNeed: Sendable, Hashable {
  /// All of these permissions.
  case all(AccountPermissions)
  /// One of these permissions.
  case any(AccountPermissions)
  /// `write` for a new file, `overwrite` for one that is there.
  case store
  /// Only that it is not hidden.
  case visible

  /// What `verb` needs, as it is sent: `RETR`, `SITE CHMOD`. nil: the command has no path, or there is no such command.
  ///
  /// Of a command with two paths it is what the path that is written to, or renamed to, needs; see ``ofSource(_:)`` for the other one.
  public static func of(_ verb: String) -> CommandNeed? { table[verb.uppercased()] }

  /// What the first of two paths needs: the source of a copy, the parts of COMB.
  public static func ofSource(_ verb: String) -> CommandNeed? {
    ["SITE COPY": .all(.read), "SITE CPTO": .all(.read), "COMB": .all([.read, .delete])][verb.uppercased()]
  }

  /// Every verb of the table, in alphabetical order.
  public static var verbs: [String] { table.keys.sorted() }

  private static let table: [String: CommandNeed] = {
    var table: [String: CommandNeed] = [
      "STOR": .store, "STOU": .all(.write), "APPE": .all(.append), "DELE": .all(.delete), "RNFR": .all(.rename),
      "RNTO": .all(.rename), "MFMT": .all(.changeMode), "MFCT": .all(.changeMode), "MFF": .all(.changeMode),
      "COMB": .all(.append), "SITE CHMOD": .all(.changeMode), "SITE CHGRP": .all(.changeMode),
      "SITE UTIME": .all(.changeMode), "SITE MKDIR": .all(.makeDirectory),
      "SITE RMDIR": .all([.removeDirectory, .delete]), "SITE SYMLINK": .all([.write, .site]), "SITE COPY": .store,
      "SITE CPFR": .all(.read), "SITE CPTO": .store, "SITE PARTIAL": .all(.write), "CWD": .visible, "XCWD": .visible,
      "AVBL": .visible,
    ]
    for verb in ["LIST", "NLST", "MLSD", "STAT"] { table[verb] = .all(.list) }
    for verb in ["MLST", "SIZE", "MDTM", "DSIZ"] { table[verb] = .any([.list, .read]) }
    for verb in ["RETR", "HASH", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"] { table[verb] = .all(.read) }
    for verb in ["MKD", "XMKD"] { table[verb] = .all(.makeDirectory) }
    for verb in ["RMD", "XRMD"] { table[verb] = .all(.removeDirectory) }
    return table
  }()
}
