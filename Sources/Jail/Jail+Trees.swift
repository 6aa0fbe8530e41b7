// Creates, removes and measures whole directory trees, within limits and without following links.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// The sum of a walk through a tree.
public struct TreeTally: Sendable, Hashable {
  /// Bytes of the regular files, as in SIZE; a file with several names counts once per name.
  public var bytes: UInt64 = 0
  /// Files, directories and all other entries, without the top directory.
  public var entries = 0

  public init() {}
}

/// The limits of a walk.
public struct TreeLimits: Sendable, Hashable {
  /// The most entries; with one more, the walk ends with EOVERFLOW before it touches that one.
  public var entries: Int
  /// The most nested directories; deeper ones end the walk with ELOOP.
  public var depth: Int

  public init(entries: Int, depth: Int) {
    self.entries = entries
    self.depth = depth
  }
}

extension Jail {
  /// A directory on the way down.
  private struct Level: ~Copyable {
    var reader: DirectoryReader
    /// Its name in the directory above, needed to remove it.
    let name: [UInt8]
  }

  /// Creates `path` and every missing directory above it; directories that exist already are accepted.
  ///
  /// - Parameter mode: the exact permission bits of new directories, whatever the process's umask is; nil for 0777 less that umask.
  /// - Returns: how many directories were created.
  /// - Throws: ENOTDIR if something other than a directory is in the way.
  public func makeDirectories(_ path: VirtualPath, mode: UInt32?) throws(SystemError) -> Int {
    try standing { (at) throws(SystemError) -> Int in
      var made = 0
      for ancestor in path.lineage {
        // What is there need not be made, and so not be allowed to be made.
        if at.extras != nil, at.isDirectory(ancestor) { continue }
        do throws(SystemError) {
          try at.makeDirectory(ancestor, exactMode: mode)
          made += 1
        } catch  where error.code == EEXIST {
          if try !at.status(of: ancestor).isDirectory { throw SystemError(code: ENOTDIR, call: "mkdirat") }
        }
      }
      return made
    }
  }

  /// Creates one directory; with an `exactMode`, the process's umask does not apply.
  public func makeDirectory(_ path: VirtualPath, exactMode: UInt32?) throws(SystemError) {
    try standing { (at) throws(SystemError) in try at.makeDirectory(path, exactMode: exactMode) }
  }

  /// Removes the directory `path` with everything in it. It does not follow links or enter other file systems.
  ///
  /// - Parameters:
  ///   - shouldStop: asked before each entry; true ends the walk with ECANCELED. Entries removed before that stay removed.
  ///   - progress: called for each entry removed.
  ///   - removedFile: called for each regular file removed, but for the server's own.
  /// - Throws: EOVERFLOW or ELOOP at the `limits`, otherwise the error of the entry that could not be removed.
  public func removeTree(
    _ path: VirtualPath, _ limits: TreeLimits, shouldStop: () -> Bool, progress: () -> Void,
    removedFile: (_ size: UInt64) -> Void = { _ in }
  ) throws(SystemError) {
    try standing { (at) throws(SystemError) in
      try at.inParent(of: path) { (parent, name) throws(SystemError) in
        let top = try File.openDirectory(in: parent, name: name)
        try walk(top, limits, shouldStop) { (directory, name, status, isLeaving) throws(SystemError) in
          if status.isDirectory, !isLeaving { return }
          if let rule = at.rule {
            let inside = try at.place(of: directory, at.ground(of: path))
            guard let place = try? inside.resolving(Array("./\(String(cString: name))".utf8)) else {
              throw SystemError(code: ENAMETOOLONG, call: "unlinkat")
            }
            // What is hidden is not removed either, and no more is told of it.
            guard case .granted = rule.verdict(on: place) else { throw SystemError(code: EACCES, call: "unlinkat") }
          }
          if status.isDirectory {
            try File.removeDirectory(in: directory, name: name)
          } else {
            try File.remove(in: directory, name: name)
            if status.isRegular, !Self.isReserved(name) { removedFile(status.size) }
          }
          progress()
        }
        try File.removeDirectory(in: parent, name: name)
      }
    }
  }

  /// Counts the entries and bytes in the directory `path`, in what is mounted beneath it as well: a client sees no difference. A
  /// directory that may not be read counts as an entry, and what is in it does not.
  public func measureTree(
    _ path: VirtualPath, _ limits: TreeLimits, shouldStop: () -> Bool
  ) throws(SystemError) -> TreeTally {
    try standing { (at) throws(SystemError) -> TreeTally in
      let top = try at.open(path, flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK)
      var tally = TreeTally()
      try walk(top, limits, shouldStop, isCounting: true) { (_, _, status, isLeaving) throws(SystemError) in
        if isLeaving { return }
        tally.entries += 1
        if status.isRegular { tally.bytes = tally.bytes.addingReportingOverflow(status.size).partialValue }
      }
      return tally
    }
  }

  /// Counts the regular files beneath the directory `path`, in what is mounted beneath it as well, but for the server's own.
  ///
  /// - Throws: as ``measureTree(_:_:shouldStop:)``.
  public func countFiles(
    _ path: VirtualPath, _ limits: TreeLimits, shouldStop: () -> Bool
  ) throws(SystemError) -> (bytes: UInt64, files: UInt64) {
    try standing { (at) throws(SystemError) in
      let top = try at.open(path, flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK)
      var (bytes, files): (UInt64, UInt64) = (0, 0)
      try walk(top, limits, shouldStop, isCounting: true) { (_, name, status, _) throws(SystemError) in
        guard status.isRegular, !Self.isReserved(name) else { return }
        bytes = bytes.addingReportingOverflow(status.size).partialValue
        files += 1
      }
      return (bytes, files)
    }
  }

  private static func isReserved(_ name: UnsafePointer<CChar>) -> Bool {
    isReserved(UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }

  /// Visits every entry beneath `top`, directories twice: on the way in, and on the way out (`isLeaving`).
  private func walk(
    _ top: consuming Descriptor, _ limits: TreeLimits, _ shouldStop: () -> Bool, isCounting: Bool = false,
    _ visit: (_ directory: Int32, _ name: UnsafePointer<CChar>, FileStatus, _ isLeaving: Bool) throws(SystemError) ->
      Void
  ) throws(SystemError) {
    var walker = TreeWalker(top, crossingMounts: isCounting)
    var seen = 0
    while let step = try walker.next() {
      if shouldStop() { throw SystemError(code: ECANCELED, call: "getdents64") }
      if !step.isLeaving {
        seen += 1
        if seen > limits.entries { throw SystemError(code: EOVERFLOW, call: "getdents64") }
      }
      let directory = walker.directory
      try withCString(step.name) { (name) throws(SystemError) in try visit(directory, name, step.status, step.isLeaving)
      }
      if step.status.isDirectory, !step.isLeaving {
        if walker.depth >= limits.depth { throw SystemError(code: ELOOP, call: "getdents64") }
        do throws(SystemError) { try walker.descend(step) } catch {
          // Also one that has gone meanwhile, or is no directory any more.
          if isCounting, [EACCES, ENOENT, ENOTDIR, ELOOP].contains(error.code) { continue }
          throw error
        }
      }
    }
  }
}

extension Foothold {
  /// Whether there is a directory, whatever the rule of the jail says.
  fileprivate func isDirectory(_ path: VirtualPath) -> Bool {
    guard let file = try? open(ground(of: path), flags: WEFT_O_PATH),
      let status = try? File.status(file.number)
    else { return false }
    return status.isDirectory
  }

  /// See ``Jail/makeDirectory(_:exactMode:)``.
  fileprivate func makeDirectory(_ path: VirtualPath, exactMode: UInt32?) throws(SystemError) {
    guard let exactMode else { return try makeDirectory(path, mode: 0o777) }
    try inParent(of: path) { (parent, name) throws(SystemError) in
      // It must be opened once to set its bits, so it begins with bits that allow this.
      try File.makeDirectory(in: parent, name: name, mode: 0o700)
      let directory = try File.openDirectory(in: parent, name: name)
      try File.setPermissions(directory.number, exactMode)
    }
  }
}

extension VirtualPath {
  /// The path's ancestors beneath the root, topmost first, followed by the path itself.
  var lineage: [VirtualPath] {
    var paths: [VirtualPath] = []
    var path = self
    while !path.isRoot {
      paths.append(path)
      path = path.parent
    }
    return paths.reversed()
  }
}
