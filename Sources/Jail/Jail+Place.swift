// Where on the host a jail's root is, for whoever decides whether it may be served.

import CLinux
import FTPProtocol
import Glibc
import LinuxSystem

extension Jail {
  /// Where in the jail the kernel finds `path`, and what is there; nil: nothing, and the path is that of a name that could be made.
  ///
  /// - Throws: also if the directory of a name that is not there is not there.
  public func look(
    at path: VirtualPath, followingLink: Bool
  ) throws(SystemError) -> (path: VirtualPath, status: FileStatus?) {
    try standing { (at) throws(SystemError) in
      do throws(SystemError) {
        let ground = at.ground(of: path)
        let file = try at.open(ground, flags: WEFT_O_PATH | (followingLink ? 0 : O_NOFOLLOW))
        return (try at.place(of: file.number, ground), try File.status(file.number))
      } catch  where error.code == ENOENT {
        guard let name = path.lastComponent, !path.parent.isRoot else { return (path, nil) }
        let ground = at.ground(of: path.parent)
        let parent = try at.open(ground, flags: WEFT_O_PATH | O_DIRECTORY)
        return (try at.place(of: Array(name), in: parent.number, near: path), nil)
      }
    }
  }

  /// The absolute path of the directory that is open as the root, with every symbolic link resolved. Nothing can have put another
  /// directory in its place since it was opened.
  ///
  /// Source: proc_pid_fd(5)
  public func place() throws(SystemError) -> [UInt8] {
    try standing { (at) throws(SystemError) in
      try File.path(of: at.root)
    }
  }
}
