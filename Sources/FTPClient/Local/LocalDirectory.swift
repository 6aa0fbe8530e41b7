// A directory of this host: files in it by the bytes of one name each, so that nothing a server says leads out of it.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

/// An open directory that files are fetched into or sent from.
///
/// Every name is one component: no `/`, no NUL, not `.` or `..`. Links are not followed when a file is made. So whatever names a listing
/// holds, nothing outside of the directory is touched.
public final class LocalDirectory: Sendable {
  private let descriptor: Descriptor
  /// For messages.
  public let path: String
  /// Whether what links lead to counts in their place: for a source, whose links are the user's own.
  public let followsLinks: Bool

  /// Opens a directory, as the user named it.
  ///
  /// - Parameter followingLinks: what links in it lead to counts in their place. For directories that are read, not for those that files
  ///   are fetched into.
  /// - Throws: ``ClientError/Code/localFile``.
  public convenience init(_ path: String, followingLinks: Bool = false) throws(ClientError) {
    do throws(SystemError) {
      self.init(try File.open(path.isEmpty ? "." : path, flags: O_RDONLY | O_DIRECTORY), path, followingLinks)
    } catch { throw .file(error, path) }
  }

  private init(_ descriptor: consuming Descriptor, _ path: String, _ followsLinks: Bool) {
    self.descriptor = descriptor
    self.path = path
    self.followsLinks = followsLinks
  }

  /// The path of a name in it, for messages.
  public func path(of name: [UInt8]) -> String {
    let shown = RemotePath.printable(name)
    if path.isEmpty || path == "." { return shown }
    return path.hasSuffix("/") ? path + shown : "\(path)/\(shown)"
  }

  /// The directory `name` in it.
  ///
  /// - Parameter creating: makes it if there is nothing of the name.
  public func directory(_ name: [UInt8], creating: Bool = false) throws(ClientError) -> LocalDirectory {
    let shown = path(of: name)
    return try call(name) { (number, name) throws(SystemError) in
      if creating {
        do throws(SystemError) { try File.makeDirectory(in: number, name: name, mode: 0o777) } catch {
          if error.code != EEXIST { throw error }
        }
      }
      if self.followsLinks {
        return LocalDirectory(
          try File.open(beneath: number, name, flags: O_RDONLY | O_DIRECTORY, resolve: 0), shown, true)
      }
      return LocalDirectory(try File.openDirectory(in: number, name: name, crossingMounts: true), shown, false)
    }
  }

  /// The status of the directory itself.
  func status() throws(ClientError) -> FileStatus {
    do throws(SystemError) { return try File.status(descriptor.number) } catch { throw .file(error, path) }
  }

  /// The status of a name, of the link itself if it is one and links are not followed, or lead to nothing; nil if there is nothing of the
  /// name.
  public func status(_ name: [UInt8]) throws(ClientError) -> FileStatus? {
    try call(name) { (number, name) throws(SystemError) -> FileStatus? in
      if self.followsLinks {
        do throws(SystemError) {
          let file = try File.open(beneath: number, name, flags: WEFT_O_PATH, resolve: 0)
          return try File.status(file.number)
        } catch {
          if error.code != ENOENT, error.code != ELOOP { throw error }
        }
      }
      do throws(SystemError) { return try File.status(in: number, name: name) } catch {
        if error.code == ENOENT { return nil }
        throw error
      }
    }
  }

  /// All names, in no order.
  public func names() throws(ClientError) -> [[UInt8]] {
    do throws(SystemError) {
      // A descriptor of its own: reading moves its position.
      let again = try File.open(
        beneath: descriptor.number, ".", flags: O_RDONLY | O_DIRECTORY, resolve: WEFT_RESOLVE_BENEATH)
      var reader = DirectoryReader(again)
      var names: [[UInt8]] = []
      while let name = try reader.next({ Array($0) }) { names.append(name) }
      return names
    } catch { throw .file(error, path) }
  }

  /// Opens a file for reading; a link is followed, wherever it leads: it is the user's own.
  func openForReading(_ name: [UInt8]) throws(ClientError) -> Descriptor {
    // Given up and taken again: the closure's value has to be copyable.
    Descriptor(
      owning: try call(name) { (number, name) throws(SystemError) -> Int32 in
        try File.open(beneath: number, name, flags: O_RDONLY | O_NONBLOCK, resolve: 0).release()
      })
  }

  /// Opens a regular file for reading and writing, or makes it. A link is not followed.
  func openForWriting(_ name: [UInt8]) throws(ClientError) -> Descriptor {
    Descriptor(
      owning: try call(name) { (number, name) throws(SystemError) -> Int32 in
        try File.open(
          beneath: number, name, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o666,
          resolve: WEFT_RESOLVE_BENEATH | WEFT_RESOLVE_NO_SYMLINKS
        ).release()
      })
  }

  /// Removes a file or link; it is no error if there is none.
  public func remove(_ name: [UInt8]) throws(ClientError) {
    try call(name) { (number, name) throws(SystemError) in
      do throws(SystemError) { try File.remove(in: number, name: name) } catch {
        if error.code != ENOENT { throw error }
      }
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ name: [UInt8]) throws(ClientError) {
    try call(name) { (number, name) throws(SystemError) in try File.removeDirectory(in: number, name: name) }
  }

  /// Gives a file another name in this directory.
  ///
  /// - Parameter replacing: takes the place of a file that has the name; otherwise that is an error.
  func rename(_ name: [UInt8], to target: [UInt8], replacing: Bool) throws(ClientError) {
    try call(target) { (number, target) throws(SystemError) in
      var failure: SystemError?
      LocalDirectory.withName(name) { name in
        do throws(SystemError) {
          try File.rename(in: number, name, to: number, target, replacing: replacing)
        } catch { failure = error }
      }
      if let failure { throw failure }
    }
  }

  func call<Value>(
    _ name: [UInt8], _ body: (Int32, UnsafePointer<CChar>) throws(SystemError) -> Value
  ) throws(ClientError) -> Value {
    let isComponent =
      !name.isEmpty && !name.contains { $0 == 0 || $0 == 0x2F } && name != [0x2E] && name != [0x2E, 0x2E]
    guard isComponent else {
      throw ClientError(.localFile, "\(RemotePath.printable(name)) is no name for a file here: it would lead elsewhere")
    }
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    do throws(SystemError) {
      return try terminated.withUnsafeBufferPointer { (bytes) throws(SystemError) -> Value in
        guard let base = bytes.baseAddress else { throw SystemError(code: EINVAL, call: "open") }
        return try body(descriptor.number, base)
      }
    } catch { throw .file(error, path(of: name)) }
  }

  static func withName(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) {
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    terminated.withUnsafeBufferPointer { bytes in if let base = bytes.baseAddress { body(base) } }
  }
}

extension LocalDirectory {
  /// Makes a file of these bytes. It has its name when it is whole.
  func write(_ bytes: [UInt8], as name: [UInt8], modified: ListedTime?, replacing: Bool) throws(ClientError) {
    if !replacing, try status(name) != nil {
      throw .file(SystemError(code: EEXIST, call: "open"), path(of: name))
    }
    var part = try PartFile(of: name, in: self)
    if part.size > 0 { try part.cut(to: 0) }
    do throws(SystemError) {
      try bytes.withUnsafeBufferPointer { (raw) throws(SystemError) in
        try File.write(part.file.number, UnsafeRawBufferPointer(raw), at: 0)
      }
    } catch { throw .file(error, path(of: name)) }
    try part.commit(as: name, modified: modified, replacing: replacing)
  }

  /// All bytes of a regular file.
  ///
  /// - Parameter limit: it has so many; with another number it was changed, which is an error.
  func read(_ name: [UInt8], limit: UInt64) throws(ClientError) -> [UInt8] {
    let file = try openForReading(name)
    let isRegular: Bool
    do throws(SystemError) { isRegular = try File.status(file.number).isRegular } catch {
      throw .file(error, path(of: name))
    }
    guard isRegular else { throw ClientError(.localFile, "\(path(of: name)) is not a regular file") }
    let bytes = try LocalDigest.read(file.number, at: 0, Int(clamping: limit) + 1)
    guard UInt64(bytes.count) == limit else {
      throw ClientError(.localFile, "\(path(of: name)) was changed while it was sent")
    }
    return bytes
  }
}
