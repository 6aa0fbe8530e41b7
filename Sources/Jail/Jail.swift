// A directory tree nobody can leave: every path of a client is resolved beneath one root directory by the kernel.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// A root directory and what is reached beneath it.
///
/// What is looked up is opened with openat2(2) and `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`: `..` and absolute symbolic links stay
/// inside. What changes a directory opens the parent that way and then names only the last component, which is never followed.
/// No path is checked first and used later. Every method throws the ``SystemError`` of the call that failed.
public final class Jail: Sendable {
  // This file has nothing but the way to it: whatever reaches the tree does so with the rights of the jail's user.
  private let root: Descriptor
  /// Whose rights every call has and who owns what it makes; nil: this process's own.
  public let credentials: FileCredentials?

  /// Opens the operator's directory `path` as a root.
  ///
  /// - Parameter credentials: whose rights count in it, for a local user of the system.
  public init(root path: String, as credentials: FileCredentials? = nil) throws(SystemError) {
    self.credentials = credentials
    let own = try credentials?.assume()
    defer { own?.giveBack() }
    root = try File.open(path, flags: WEFT_O_PATH | O_DIRECTORY)
  }

  /// Runs `body` with the rights of the jail's user and lends it the tree: the only way to either. It runs on the calling thread, which
  /// has its own rights again afterwards, whatever `body` throws; as `body` cannot suspend, no other work gets them. May be nested.
  func standing<Result: ~Copyable>(
    _ body: (borrowing Foothold) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let own = try credentials?.assume()
    defer { own?.giveBack() }
    return try body(Foothold(root: root.number))
  }

  /// Runs `body`, which works on descriptors that came from here, with the rights of the jail's user. It runs on the calling thread.
  public func acting<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    try standing { (_) throws(SystemError) in try body() }
  }
}

/// The tree of a jail while the calling thread has the rights of its user: ``Jail/standing(_:)`` lends one, nothing else makes one, and
/// it cannot be kept.
struct Foothold: ~Copyable {
  let root: Int32

  fileprivate init(root: Int32) { self.root = root }
}

/// A directory of a jail that is held from one call to the next; it is of use only to who has a foothold.
struct HeldDirectory: ~Copyable, Sendable {
  private let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  func number(_ at: borrowing Foothold) -> Int32 { descriptor.number }
}
