// Where on the host a path of a client leads, for counts: every way to a file has to lead to the same one.

import FTPProtocol
import Glibc
import Jail
import LinuxSystem
import Quotas

/// A file, as quotas know it.
struct QuotaPlace: Sendable {
  /// Its real path on the host: that of its directory, links resolved, and its name.
  let name: String
  /// The directories that are counted and contain it.
  let tallies: [String]
  let path: VirtualPath
  let jail: Jail

  /// What there is now, to be counted: nothing, if it is no regular file.
  var present: QuotaUsage {
    guard let status = try? jail.status(of: path, followingLink: false), status.isRegular else { return QuotaUsage() }
    return QuotaUsage(fileOf: status.size)
  }
}

extension Jail {
  /// The real path on the host of what `path` leads to, or will lead to once it is made.
  ///
  /// Source: proc_pid_fd(5)
  func hostPath(of path: VirtualPath) -> String? {
    if let file = try? lookUp(path),
      let target = try? File.linkTarget(in: AT_FDCWD, name: "/proc/self/fd/\(file.number)")
    {
      return String(decoding: target, as: UTF8.self)
    }
    return hostPathOfName(path)
  }

  /// The same of a name itself, whatever it is, even a link.
  func hostPathOfName(_ path: VirtualPath) -> String? {
    guard let name = path.lastComponent, let parent = hostPath(of: path.parent) else { return nil }
    return (parent == "/" ? "" : parent) + "/" + String(decoding: name, as: UTF8.self)
  }
}

extension QuotaLedger {
  /// Counts the files beneath a directory of the host; nil if that fails. A directory that is not there holds nothing.
  public static func count(_ directory: String) -> QuotaUsage? {
    do throws(SystemError) {
      let jail = try Jail(root: directory)
      let (bytes, files) = try jail.countFiles(
        .root, TreeLimits(entries: .max, depth: 1024), shouldStop: { false })
      return QuotaUsage(bytes: Int64(clamping: bytes), files: Int64(clamping: files))
    } catch {
      return error.code == ENOENT || error.code == ENOTDIR ? QuotaUsage() : nil
    }
  }
}
