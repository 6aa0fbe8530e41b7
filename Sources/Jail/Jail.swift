// A directory tree nobody can leave: every path of a client is resolved beneath one root directory by the kernel.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization

/// A root directory and what is reached beneath it.
///
/// Paths are looked up with openat2(2) and `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS`, so `..` and absolute symbolic links stay
/// inside. Methods that change a directory open the parent that way and then name only the last component, which is never followed.
/// No path is checked first and used later. Every method throws the ``SystemError`` of the call that failed.
public final class Jail: Sendable {
  let tree: JailTree
  /// The user whose rights every call has, and who owns new files; nil for this process's own user.
  public let credentials: FileCredentials?
  /// nil for most jails.
  private let extras: JailExtras?

  /// Opens the operator's directory `path` as a root.
  ///
  /// - Parameter credentials: the user whose rights apply in it, for a local user of the system.
  public init(root path: String, as credentials: FileCredentials? = nil) throws(SystemError) {
    self.credentials = credentials
    let own = try credentials?.assume()
    defer { own?.giveBack() }
    tree = JailTree(root: try File.open(path, flags: WEFT_O_PATH | O_DIRECTORY))
    extras = nil
  }

  private init(_ jail: Jail, branches: [JailBranch], rule: (any PathRule)?) {
    tree = jail.tree
    credentials = jail.credentials
    extras = branches.isEmpty && rule == nil ? nil : JailExtras(branches: branches, rule: rule)
  }

  /// The same tree with other trees in it.
  public func with(_ branches: [JailBranch]) -> Jail { Jail(self, branches: branches, rule: extras?.rule) }

  /// The same tree, under a rule. nil: under none.
  public func ruled(by rule: (any PathRule)?) -> Jail { Jail(self, branches: branches, rule: rule) }

  /// The trees that are seen in this one.
  public var branches: [JailBranch] { extras?.branches ?? [] }

  func isInMemory(_ directory: borrowing HeldDirectory, file: Int32) -> Bool {
    directory.isRoot ? tree.isInMemory(file: file) : File.isInMemory(file)
  }

  /// The status of the directory that is open as the root.
  public func rootStatus() throws(SystemError) -> FileStatus { try File.status(tree.number) }

  /// Whether this process may write in the root, by its owner, mode and mount. Source: faccessat(2)
  public var isWritable: Bool { File.allows(W_OK | X_OK, in: tree.number) }

  /// Whether the root cannot be read although its owner and mode allow it: so does Landlock deny.
  public var isDeniedBeyondItsMode: Bool {
    guard File.allows(R_OK | X_OK, in: tree.number) else { return false }
    do throws(SystemError) {
      _ = try File.open(beneath: tree.number, ".", flags: O_RDONLY | O_DIRECTORY, resolve: 0)
      return false
    } catch {
      return error.code == EACCES
    }
  }

  /// Runs `body` with the rights of the jail's user and gives it access to the tree. There is no other way to get either. `body` runs
  /// on the calling thread, which gets its own rights back afterwards, whatever `body` throws. As `body` cannot suspend, no other work
  /// runs with these rights. Calls may be nested.
  func standing<Result: ~Copyable>(
    _ body: (borrowing Foothold) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let own = try credentials?.assume()
    defer {
      own?.giveBack()
      withExtendedLifetime(self) {}
    }
    return try body(Foothold(tree: tree, extras: extras))
  }

  /// Runs `body` with the rights of the jail's user, on the calling thread. `body` works on descriptors that the jail returned.
  public func acting<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    try standing { (_) throws(SystemError) in try body() }
  }
}

/// Access to the tree of a jail, while the calling thread has the rights of the jail's user. Only ``Jail/standing(_:)`` creates one, for
/// the duration of one call; it cannot be kept.
struct Foothold: ~Copyable {
  let root: Int32
  /// Kept by the jail, which lives longer. With a reference of its own, the optimizer of Swift 6.3 fails on borrowed footholds.
  private let kept: Unmanaged<JailExtras>?
  private let keptTree: Unmanaged<JailTree>

  fileprivate init(tree: JailTree, extras: JailExtras?) {
    root = tree.number
    keptTree = Unmanaged.passUnretained(tree)
    kept = extras.map { Unmanaged.passUnretained($0) }
  }

  var tree: JailTree { keptTree.takeUnretainedValue() }

  var extras: JailExtras? { kept?.takeUnretainedValue() }
}

/// What few jails have.
final class JailExtras: Sendable {
  let branches: [JailBranch]
  let rule: (any PathRule)?

  init(branches: [JailBranch], rule: (any PathRule)?) {
    self.branches = branches
    self.rule = rule
  }
}

/// The open root of a tree, which several jails may share.
final class JailTree: Sendable {
  // Private to this file, whose functions lend it only with the rights of the jail's user.
  private let root: Descriptor
  /// Asked once: a root stays where it is.
  private let rootIsInMemory = Atomic<Int8>(-1)

  fileprivate init(root: consuming Descriptor) { self.root = root }

  /// To be used within ``Jail/standing(_:)`` only.
  var number: Int32 { root.number }

  /// Whether `file` in the root is on a file system in memory, where nothing has to be synced.
  fileprivate func isInMemory(file: Int32) -> Bool {
    let known = rootIsInMemory.load(ordering: .relaxed)
    if known >= 0 { return known == 1 }
    let isInMemory = File.isInMemory(file)
    rootIsInMemory.store(isInMemory ? 1 : 0, ordering: .relaxed)
    return isInMemory
  }
}

/// A directory of a jail that stays open between calls. It can be used only together with a foothold of the same jail.
struct HeldDirectory: ~Copyable, Sendable {
  /// nil: the root, which is open anyhow.
  private let descriptor: Descriptor?

  private let number: Int32?

  init(_ directory: consuming Descriptor) {
    number = directory.number
    descriptor = consume directory
  }

  private init() {
    number = nil
    descriptor = nil
  }

  static var root: HeldDirectory { HeldDirectory() }

  var isRoot: Bool { number == nil }

  func number(_ at: borrowing Foothold) -> Int32 { number ?? at.root }
}
