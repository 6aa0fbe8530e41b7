// Paths of this host as an operator writes them: from the root, and with their symbolic links resolved.

import Glibc

extension File {
  /// `path` from the root: a relative one counts from the current directory, which the daemon never changes. Nothing is looked up,
  /// so `..` and symbolic links stay. Source: getcwd(3).
  public static func absolutePath(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let buffer = getcwd(nil, 0) else { return path }
    defer { free(buffer) }
    let current = String(cString: buffer)
    if path == "." { return current }
    return current == "/" ? "/" + path : current + "/" + path
  }

  /// The path of what `path` leads to, with no symbolic link in it. Source: realpath(3).
  ///
  /// - Throws: ENOENT when there is nothing, EACCES when a directory on the way may not be searched.
  public static func resolvedPath(_ path: String) throws(SystemError) -> String {
    guard let real = realpath(path, nil) else { throw SystemError(code: errno, call: "realpath") }
    defer { free(real) }
    return String(cString: real)
  }
}
