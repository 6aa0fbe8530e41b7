// Further trees that are seen in a jail: a path that begins with the name of one is resolved beneath that tree's own root.

import FTPProtocol
import Glibc
import LinuxSystem

/// A tree of the host under a name in a jail. Nothing leads from one tree into another but this name: links stay in their own.
public struct JailBranch: Sendable {
  /// Where it is seen; not the root.
  public let path: VirtualPath
  let tree: JailTree

  /// - Parameter jail: whose root is seen there; its own branches and rules are not.
  public init(path: VirtualPath, jail: Jail) {
    self.path = path
    tree = jail.tree
  }
}

extension Jail {
  /// Whether a branch is seen there: its name cannot be removed or given to something else.
  public func isBranch(_ path: VirtualPath) -> Bool { branches.contains { $0.path == path } }

  /// The names of the branches that are seen in the directory `path`.
  public func branchNames(in path: VirtualPath) -> [[UInt8]] {
    branches.compactMap { branch in
      branch.path.parent == path ? branch.path.lastComponent.map { Array($0) } : nil
    }
  }
}

/// Where a path is looked up.
struct Ground {
  /// The root of its tree.
  let root: Int32
  let tree: JailTree
  /// The path from there, never empty.
  let relative: [UInt8]
  /// Where that root is seen.
  let top: VirtualPath
}

extension Foothold {
  func ground(of path: VirtualPath) -> Ground {
    if let branches = extras?.branches, let branch = branches.first(where: { path.isWithin($0.path) }) {
      let rest = path.bytes.dropFirst(branch.path.bytes.count + 1)
      return Ground(
        root: branch.tree.number, tree: branch.tree, relative: rest.isEmpty ? [0x2E] : Array(rest), top: branch.path)
    }
    return Ground(root: root, tree: tree, relative: path.relativeBytes, top: .root)
  }

  /// Whether a branch is seen there: its name cannot be removed or given to something else.
  func isBranch(_ path: VirtualPath) -> Bool { extras?.branches.contains { $0.path == path } ?? false }
}
