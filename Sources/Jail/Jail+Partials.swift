// Names that are the server's own: what hides them, how what has come of an upload is kept under them, resumed and swept away.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

extension Jail {
  /// Whether `name` is one that only the server gives: pending files, and partials that can be resumed.
  public static func isReserved(_ name: some Collection<UInt8>) -> Bool {
    name.first == 0x2E && name.starts(with: pendingBytes)
  }

  /// The file that an upload to `path` is for: what a symbolic link leads to, or a link to a link, and the path itself otherwise. Links stay
  /// inside the root.
  ///
  /// - Returns: its path, its size (0 if there is none), and whether it is there.
  /// - Throws: ELOOP after forty links; EISDIR or ENXIO if it is no regular file; ENOENT or ENOTDIR if its directory is none.
  public func writableTarget(of path: VirtualPath) throws(SystemError) -> (VirtualPath, size: UInt64, isThere: Bool) {
    var path = path
    for _ in 0..<40 {
      do throws(SystemError) {
        let status = try status(of: path, followingLink: false)
        if status.isDirectory { throw SystemError(code: EISDIR, call: "openat2") }
        if status.isRegular { return (path, status.size, true) }
        if !status.isSymbolicLink { throw SystemError(code: ENXIO, call: "openat2") }
      } catch  where error.code == ENOENT {
        // The directory is looked up when the file is made.
        return (path, 0, false)
      }
      let target = try linkTarget(of: path)
      do throws(VirtualPath.PathError) { path = try path.parent.resolving(target) } catch {
        throw SystemError(code: ENAMETOOLONG, call: "readlinkat")
      }
    }
    throw SystemError(code: ELOOP, call: "readlinkat")
  }

  /// The status of the partial `name` in the directory of `path`; nil if there is none.
  public func partialStatus(_ name: [UInt8], beside path: VirtualPath) -> FileStatus? {
    try? standing { (at) throws(SystemError) -> FileStatus? in
      if path.isRoot { return nil }
      let parent = try at.openParent(of: path)
      let number = parent.number(at)
      let status = try withCString(name) { (name) throws(SystemError) in try File.status(in: number, name: name) }
      return status.isRegular ? status : nil
    }
  }

  /// Removes the partial `name` in the directory of `path`, unless somebody is working on it.
  ///
  /// - Throws: ENOENT if there is none, EBUSY if somebody is working on it.
  public func removePartial(_ name: [UInt8], beside path: VirtualPath) throws(SystemError) {
    let kept = try resumePending(for: path, keptAs: name)
    discard(kept)
  }

  /// Removes the directory `path` when it has nothing in it but the server's own files, which nobody is working on and no client sees.
  ///
  /// - Throws: ENOTEMPTY if there is anything else in it.
  public func removeDirectoryWithReserved(_ path: VirtualPath) throws(SystemError) {
    do throws(SystemError) { return try removeDirectory(path) } catch  where error.code == ENOTEMPTY {}
    var reader = try openDirectory(path)
    var names: [[UInt8]] = []
    while let name = try reader.next({ Array($0) }) {
      guard Self.isReserved(name) else { throw SystemError(code: ENOTEMPTY, call: "unlinkat") }
      names.append(name)
    }
    try standing { (at) throws(SystemError) in
      for name in names {
        guard let present = try? at.lockPresent(in: reader.number, name) else {
          throw SystemError(code: ENOTEMPTY, call: "unlinkat")
        }
        try at.remove(in: reader.number, name)
        _ = consume present
      }
    }
    try removeDirectory(path)
  }

  /// More bytes of the disk than this behind the end of a file have been reserved.
  private static var allocationSlack: UInt64 { 4 << 20 }

  /// Removes the server's own files that nobody has written to since `time` and nobody is working on, in the whole tree, and gives back
  /// what is reserved for the younger ones.
  ///
  /// - Parameters:
  ///   - time: seconds since 1970-01-01 00:00:00 UTC.
  ///   - shouldStop: asked before each entry; true ends the walk with ECANCELED.
  /// - Returns: how many were removed.
  public func sweepReserved(
    unchangedSince time: Int64, in path: VirtualPath, _ limits: TreeLimits, shouldStop: () -> Bool
  ) throws(SystemError) -> Int {
    try standing { (at) throws(SystemError) -> Int in
      let top = try at.open(path, flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK)
      var walker = TreeWalker(top)
      var (seen, removed) = (0, 0)
      while let step = try walker.next() {
        if shouldStop() { throw SystemError(code: ECANCELED, call: "getdents64") }
        if step.isLeaving { continue }
        seen += 1
        if seen > limits.entries { return removed }
        if step.status.isDirectory {
          if walker.depth < limits.depth { try walker.descend(step) }
          continue
        }
        let status = step.status
        // The file system takes its room in larger pieces than blocks.
        let holdsReserved = status.allocated > status.size + Self.allocationSlack
        guard status.isRegular, Self.isReserved(step.name), status.modified < time || holdsReserved,
          let present = try? at.lockPresent(in: walker.directory, step.name)
        else { continue }
        if status.modified >= time {
          // ALLO reserved it for an upload that this process's predecessor did not see the end of.
          File.giveBackReserved(present.number)
          continue
        }
        try? at.remove(in: walker.directory, step.name)
        _ = consume present
        removed += 1
      }
      return removed
    }
  }
}

// MARK: - files that are kept to be resumed

extension Jail {
  /// Gives the file the temporary `name`, so that it can be resumed if this process ends. It replaces what an earlier attempt left
  /// under that name. Only the holder of the lock of the file with that name may change the name.
  ///
  /// - Throws: EBUSY if somebody else is working on a file of that name.
  public func keep(_ pending: inout PendingFile, as name: [UInt8]) throws(SystemError) {
    if pending.name == name { return }
    try standing { (at) throws(SystemError) in try at.keep(pending, as: name) }
    pending.name = name
  }

  /// Resumes a file that was kept under `name` in the directory of `path`.
  ///
  /// - Throws: ENOENT if there is none, EBUSY if somebody else is working on it, ELOOP or ENXIO if it is not a regular file.
  public func resumePending(for path: VirtualPath, keptAs name: [UInt8]) throws(SystemError) -> PendingFile {
    try standing { (at) throws(SystemError) -> PendingFile in
      var place = path
      let parent = try at.openParent(of: path, at: &place)
      let final = path.lastComponent.map { Array($0) } ?? []
      let directory = parent.number(at)
      let mayReplace = at.rule?.mayReplace(place) ?? true
      if try at.requireReplaceable(directory, final) != nil, !mayReplace {
        throw SystemError(code: EEXIST, call: "openat2")
      }
      guard let file = try at.lockPresent(in: directory, name) else {
        throw SystemError(code: ENOENT, call: "openat2")
      }
      let number = file.number
      var pending = PendingFile(descriptor: file, parent: parent, name: name, finalName: final)
      pending.isInMemory = isInMemory(pending.parent, file: number)
      pending.mayReplace = mayReplace
      return pending
    }
  }

  /// Removes what an earlier attempt left under `name`, unless that is this file or somebody else is working on it.
  public func removeKept(_ name: [UInt8], beside pending: borrowing PendingFile) {
    if pending.name == name { return }
    try? standing { (at) throws(SystemError) in
      let parent = pending.parent.number(at)
      // Mostly there is none, and faccessat2(2) finds that out at a third of what a failing open takes.
      let isThere = try withCString(name) { (name) throws(SystemError) in
        File.isAccessible(in: parent, name: name, mode: F_OK)
      }
      guard isThere else { return }
      if let present = try at.lockPresent(in: parent, name) {
        try at.remove(in: parent, name)
        _ = consume present
      }
    }
  }
}

extension Foothold {
  /// See ``Jail/keep(_:as:)``.
  fileprivate func keep(_ pending: borrowing PendingFile, as name: [UInt8]) throws(SystemError) {
    guard try File.lock(pending.descriptor.number) else { throw SystemError(code: EBUSY, call: "flock") }
    for _ in 0..<16 {
      do throws(SystemError) { return try place(pending, name, replacing: false) } catch  where error.code == EEXIST {}
      guard let present = try lockPresent(in: pending.parent.number(self), name) else { continue }
      try place(pending, name)
      _ = consume present
      return
    }
    throw SystemError(code: EBUSY, call: "linkat")
  }

  /// Opens the regular file `name` and takes its lock; nil if there is none, or if it lost its name meanwhile.
  func lockPresent(in parent: Int32, _ name: [UInt8]) throws(SystemError) -> Descriptor? {
    let number: Int32
    do throws(SystemError) {
      number = try withCString(name) { (name) throws(SystemError) -> Int32 in
        try File.open(
          beneath: parent, name, flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
          resolve: UInt64(WEFT_RESOLVE_BENEATH)
        ).release()
      }
    } catch  where error.code == ENOENT {
      return nil
    }
    let file = Descriptor(owning: number)
    try requireRegular(try File.status(number))
    guard try lockSoon(number) else { throw SystemError(code: EBUSY, call: "flock") }
    guard isSame(number, parent, name) else { return nil }
    return file
  }

  /// Locks a file. Our own thread that has put it on the disk may have its lock for a moment.
  private func lockSoon(_ number: Int32) throws(SystemError) -> Bool {
    for _ in 0..<10 {
      if try File.lock(number) { return true }
      usleep(3000)
    }
    return try File.lock(number)
  }
}
