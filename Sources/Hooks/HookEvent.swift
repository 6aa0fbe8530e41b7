// Of which events hooks are told.

import FTPProtocol
import FTPServer

/// An event that a hook may be told of. The raw values stand in settings and records.
public enum HookEvent: String, Sendable, CaseIterable {
  case login
  /// An upload is complete, and has its name.
  case upload
  /// A download is complete.
  case download
  case delete
  case rename
  /// A file was made from others that are there: SITE COPY, SITE CPTO, COMB.
  case copy
  case mkdir
  case rmdir
  case ban
  /// An upload or a download was refused or broken off with 552, because a quota is used up.
  case quotaExceeded = "quota-exceeded"

  /// What an event of a session is to a hook; nil: nothing.
  public init?(_ event: SessionEvent) {
    switch event.kind {
    case .login: self = .login
    case .transferEnded(let outcome):
      switch (outcome.direction, outcome.isComplete) {
      case (.upload, true): self = .upload
      case (.download, true): self = .download
      case (.upload, false) where outcome.reply == 552, (.download, false) where outcome.reply == 552:
        self = .quotaExceeded
      default: return nil
      }
    case .changed:
      switch event.record.verb {
      case "DELE": self = .delete
      case "RNTO": self = .rename
      case "MKD", "XMKD": self = .mkdir
      case "RMD", "XRMD": self = .rmdir
      case "COMB": self = .copy
      case "SITE" where !event.record.target.isEmpty: self = .copy
      case "SITE" where event.record.note == "MKDIR": self = .mkdir
      case "SITE" where event.record.note == "RMDIR": self = .rmdir
      default: return nil
      }
    default: return nil
    }
  }
}
