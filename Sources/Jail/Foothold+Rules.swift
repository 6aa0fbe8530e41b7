// Opens paths under a rule: what has been found is asked about before it is used, and before anything is made or emptied.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

extension Foothold {
  var rule: (any PathRule)? { extras?.rule }

  /// Throws unless `path` may be used: EACCES, or ENOENT if it is to look as if it were not there.
  func judge(_ path: VirtualPath, by rule: any PathRule) throws(SystemError) {
    // The server's own files go with their directory.
    let isReserved = path.lastComponent.map { Jail.isReserved($0) } ?? false
    switch rule.verdict(on: isReserved ? path.parent : path) {
    case .granted: return
    case .refused: throw SystemError(code: EACCES, call: "openat2")
    case .hidden: throw SystemError(code: ENOENT, call: "openat2")
    }
  }

  /// Opens what `path` leads to and asks about it; see ``open(_:flags:mode:)``.
  func openRuled(
    _ path: VirtualPath, _ rule: any PathRule, flags: Int32, mode: UInt32
  ) throws(SystemError) -> Descriptor {
    let ground = ground(of: path)
    var place = path
    guard flags & (O_CREAT | O_TRUNC) != 0 else {
      let file = try openPlaced(path, ground, flags: flags, mode: mode, at: &place)
      try judge(place, by: rule)
      return file
    }
    // Nothing may be made or emptied before it has been asked about.
    let present: Descriptor
    do throws(SystemError) {
      present = try openPlaced(path, ground, flags: WEFT_O_PATH, at: &place)
    } catch  where error.code == ENOENT {
      return try inParent(of: path) { (parent, name) throws(SystemError) -> Int32 in
        try File.open(
          beneath: parent, name, flags: flags | O_EXCL | O_NOFOLLOW, mode: mode, resolve: UInt64(WEFT_RESOLVE_BENEATH)
        ).release()
      }.owned
    }
    try judge(place, by: rule)
    if flags & O_EXCL != 0 || !rule.mayReplace(place) { throw SystemError(code: EEXIST, call: "openat2") }
    try requireRegular(try File.status(present.number))
    return try File.open("/proc/self/fd/\(present.number)", flags: flags & ~(O_CREAT | O_EXCL))
  }

  /// Opens a regular file for reading; see ``Jail/openForReading(_:)``.
  func openForReading(_ path: VirtualPath, by rule: any PathRule) throws(SystemError) -> OpenFile {
    let ground = ground(of: path)
    // A name in the root is asked about before anything is opened. If it is no link, it leads nowhere else.
    if let status = try statusInRoot(path), !status.isSymbolicLink {
      try requireRegular(status)
      do throws(SystemError) {
        let file = try open(ground, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY, followsLinks: false)
        let opened = try File.status(file.number)
        try requireRegular(opened)
        return OpenFile(descriptor: file, status: opened)
      } catch  where error.code == ELOOP {}
    }
    var place = path
    let found = try openPlaced(path, ground, flags: WEFT_O_PATH, at: &place)
    try judge(place, by: rule)
    let status = try File.status(found.number)
    try requireRegular(status)
    let file = try open(ground, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
    let opened = try File.status(file.number)
    // Something else may have the name by now. What has been found is held open until here, so nothing else can have its inode.
    if opened.inode != status.inode || opened.device != status.device {
      try judge(try self.place(of: file.number, ground), by: rule)
      try requireRegular(opened)
    }
    _ = consume found
    return OpenFile(descriptor: file, status: opened)
  }

  /// Opens what is there, and tells where in the jail that is.
  ///
  /// Most paths have no links in them. The kernel is told to follow none then, and what it opens is where the path says: it has found
  /// each name in the directory before, as it does when it asks for the permission to search them. Only a directory that is moved
  /// meanwhile could make that untrue. Those of clients are counted; then, and with links, the kernel is asked where the file is.
  ///
  /// - Parameter flags: neither O_CREAT nor O_TRUNC.
  func openPlaced(
    _ path: VirtualPath, _ ground: Ground, flags: Int32, mode: UInt32 = 0, at place: inout VirtualPath
  ) throws(SystemError) -> Descriptor {
    let moment = TreeMoves.moment
    do throws(SystemError) {
      let file = try open(ground, flags: flags, mode: mode, followsLinks: false)
      #if WEFT_TEST_HOOKS
        TreeMoves.lookedUp.withLock(\.self)?(path)
      #endif
      place = TreeMoves.isUndisturbed(since: moment) ? path : try self.place(of: file.number, ground)
      return file
    } catch  where error.code == ELOOP {}
    let file = try open(ground, flags: flags, mode: mode)
    place = try self.place(of: file.number, ground)
    return file
  }

  /// Where in the jail an open file or directory is, by the kernel's word.
  ///
  /// - Throws: EACCES if that cannot be told; ENOENT if it is nowhere any more.
  func place(of file: Int32, _ ground: Ground) throws(SystemError) -> VirtualPath {
    if file == ground.root { return ground.top }
    let root = try File.path(of: ground.root)
    let found = try File.path(of: file)
    let isRootOfAll = root == [0x2F]
    guard found.starts(with: root), isRootOfAll || found.count == root.count || found[root.count] == 0x2F else {
      throw SystemError(code: EACCES, call: "readlinkat")
    }
    let rest = found.dropFirst(isRootOfAll ? 1 : root.count)
    if rest.isEmpty { return ground.top }
    // The kernel says so of what has lost its name. A directory can be called so, too.
    if rest.suffix(10).elementsEqual(" (deleted)".utf8), try File.status(file).links == 0 {
      throw SystemError(code: ENOENT, call: "readlinkat")
    }
    let top = ground.top.isRoot ? [] : ground.top.bytes
    guard let path = try? VirtualPath(top + (rest.first == 0x2F ? [] : [0x2F]) + rest) else {
      throw SystemError(code: EACCES, call: "readlinkat")
    }
    return path
  }

  /// Where the name `name` of the open directory `parent` is.
  func place(of name: UnsafePointer<CChar>, in parent: Int32, near path: VirtualPath) throws(SystemError) -> VirtualPath
  {
    try place(of: Array(String(cString: name).utf8), in: parent, near: path)
  }

  func place(of name: [UInt8], in parent: Int32, near path: VirtualPath) throws(SystemError) -> VirtualPath {
    try place(of: name, beneath: try place(of: parent, ground(of: path.parent)))
  }

  func place(of name: [UInt8], beneath directory: VirtualPath) throws(SystemError) -> VirtualPath {
    guard let place = try? directory.resolving(Array("./".utf8) + name) else {
      throw SystemError(code: ENAMETOOLONG, call: "openat2")
    }
    return place
  }
}

extension Int32 {
  /// The descriptor of this number, which nobody owns yet.
  fileprivate var owned: Descriptor { Descriptor(owning: self) }
}
