// Whether a file may hold passwords: the same rules as for a user table.

import Accounts
import Glibc

/// The file that holds a database.
enum SQLiteFile {
  /// What tells one file from another that has taken its path.
  struct Identity: Equatable {
    let device: dev_t
    let number: ino_t
  }

  /// - Throws: `.unsafeFile` if everybody may write it, `.missingFile` if there is none and `mayBeMissing` is false.
  /// - Returns: whether others may read it; nil if there is none.
  @discardableResult
  static func check(_ path: String, mayBeMissing: Bool = false) throws(UserTableError) -> Bool? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if mayBeMissing, errno == ENOENT { return nil }
      let reason = String(cString: strerror(errno))
      throw UserTableError(
        errno == ENOENT ? .missingFile : .system, source: path, message: "cannot examine it: \(reason). Check the path."
      )
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw UserTableError(.unsafeFile, source: path, message: "is not a regular file. Name a file of accounts.")
    }
    guard status.st_mode & S_IWOTH == 0 else {
      throw UserTableError(
        .unsafeFile, source: path,
        message: "everybody may write it, and so log in as anybody. Check its users, then run chmod 600 on it.")
    }
    return status.st_mode & S_IROTH != 0
  }

  /// Makes an empty file that only its owner can read, where there is none. If that fails, SQLite says why.
  static func makePrivate(_ path: String) {
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if file >= 0 { close(file) }
  }

  /// Which file has the path now; nil if none.
  static func identity(_ path: String) -> Identity? {
    var status = stat()
    return stat(path, &status) == 0 ? Identity(device: status.st_dev, number: status.st_ino) : nil
  }
}
