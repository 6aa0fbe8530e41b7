// Uploads that go to a temporary name first and get their own only when they are whole; what is left of a broken one can be gone on with.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// A file that an upload fills under a temporary name, beside the one it is for.
///
/// The temporary name is `.NAME.XXXXXXXX.part`. If the connection breaks after a restart marker was answered, what came before the marker
/// stays as `.NAME.part`; REST with that marker and STOR of the same name go on with it, in any session.
final class StagedUpload {
  private let jail: Jail
  private let target: VirtualPath
  private let temporary: VirtualPath
  /// Where the rest of a broken upload stays; nil for a name that is too long for one.
  private let partial: VirtualPath?
  private var file: OpenFile?
  /// The descriptor to write to; -1 once closed.
  private(set) var number: Int32

  /// Opens the temporary file: a new one, or what `.NAME.part` holds up to `start`.
  init(_ target: VirtualPath, in jail: Jail, from start: UInt64, mode: UInt32?) throws(SystemError) {
    self.jail = jail
    self.target = target
    partial = Self.partial(of: target)
    let suffix = Random.bytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    guard let temporary = Self.hidden(target, ".\(suffix).part", cutting: true) else {
      throw SystemError(code: ENAMETOOLONG, call: "openat2")
    }
    self.temporary = temporary
    if start > 0 {
      guard let partial else { throw SystemError(code: ENOENT, call: "renameat2") }
      // Who renames it first has it: two sessions never write to one.
      try jail.rename(partial, to: temporary)
    }
    let opened = try jail.openForWriting(temporary, truncating: false, exclusive: start == 0, mode: mode ?? 0o666)
    number = opened.descriptor.number
    if start > 0 { try File.truncate(number, to: Int64(clamping: start)) }
    file = consume opened
  }

  /// The size of what is left of a broken upload of `target`; nil if there is nothing.
  static func remainder(of target: VirtualPath, in jail: Jail) -> UInt64? {
    guard let partial = partial(of: target), let status = try? jail.status(of: partial, followingLink: false),
      status.isRegular
    else { return nil }
    return status.size
  }

  /// Gives the whole file its own name. What had the name before is replaced at once, and leaves its permissions.
  func publish() throws(SystemError) {
    try close()
    if let before = try? jail.status(of: target) { try? jail.setPermissions(temporary, before.permissions & 0o777) }
    try jail.rename(temporary, to: target)
    if let partial { try? jail.removeFile(partial) }
  }

  /// Hands the whole file over for reading and removes its name: what is to be appended.
  func reopen() throws(SystemError) -> OpenFile {
    try close()
    let file = try jail.openForReading(temporary)
    try jail.removeFile(temporary)
    return file
  }

  /// Ends an upload that failed: nothing is left, or what came before the last marker that was answered.
  func abandon(keeping marked: Int64?) {
    if let marked, let partial, number >= 0, (try? File.truncate(number, to: marked)) != nil, (try? close()) != nil,
      (try? jail.rename(temporary, to: partial)) != nil
    {
      return
    }
    try? close()
    try? jail.removeFile(temporary)
  }

  private func close() throws(SystemError) {
    number = -1
    guard let file = file.take() else { return }
    try file.close()
  }

  private static func partial(of target: VirtualPath) -> VirtualPath? { hidden(target, ".part", cutting: false) }

  /// The path of `target` with a period before its name and `suffix` behind it.
  private static func hidden(_ target: VirtualPath, _ suffix: String, cutting: Bool) -> VirtualPath? {
    guard let name = target.lastComponent else { return nil }
    let room = VirtualPath.componentLimit - suffix.utf8.count - 1
    if name.count > room, !cutting { return nil }
    return try? target.parent.resolving(Array(".".utf8) + name.prefix(room) + Array(suffix.utf8))
  }
}
