// What a jail asks before it touches a path: the seam between where something is and who may do what with it.

import FTPProtocol

/// A decision about a path.
public enum PathVerdict: Sendable {
  case granted
  /// EACCES.
  case refused
  /// As if nothing were there: ENOENT.
  case hidden
}

/// Decides about paths for one command. A jail asks about the object that the kernel has found, not about the name that was sent: links
/// on the way have been followed then.
public protocol PathRule: Sendable {
  /// Whether the command may be about this.
  func verdict(on path: VirtualPath) -> PathVerdict

  /// Whether a file that is there already may be replaced or written into.
  func mayReplace(_ path: VirtualPath) -> Bool

  /// Whether a directory may get or lose this name with all that is in it: not if parts of it have rules of their own.
  func mayMoveTree(_ path: VirtualPath) -> Bool
}
