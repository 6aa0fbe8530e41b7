// The directories beneath which every home lies, where the operator names such directories.

/// Directories with everything beneath them.
public struct AccountRoots: Sendable, Hashable {
  /// Absolute paths, without a `/` at their end.
  public let paths: [String]

  /// - Parameter paths: absolute, with symbolic links resolved: they are compared with paths that have none.
  public init(_ paths: [String]) {
    self.paths = paths.map { path in
      var bytes = Array(path.utf8)
      while bytes.last == UInt8(ascii: "/"), bytes.count > 1 { bytes.removeLast() }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Whether `path`, absolute and without symbolic links, is one of the directories or lies beneath one.
  public func contain(_ path: [UInt8]) -> Bool {
    paths.contains { root in
      let root = Array(root.utf8)
      guard path.starts(with: root) else { return false }
      return root == [UInt8(ascii: "/")] || path.count == root.count || path[root.count] == UInt8(ascii: "/")
    }
  }
}
