// The numbers of errors of the system that this program tells apart.

import Glibc

enum SystemCode {
  static let noSuchFile = ENOENT
  static let exists = EEXIST
  static let isDirectory = EISDIR
  static let notDirectory = ENOTDIR
  static let denied = EACCES
}
