// What several tests share: user tables in a directory of their own, and real hashes of one password.

import Glibc
import TestSupport
import Testing

@testable import Accounts

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension TemporaryDirectory {
  /// The path of `name`; with `content` the file is made first, as a user table is: for its owner alone.
  func file(_ name: String, _ content: String? = nil, mode: mode_t = 0o600) throws -> String {
    try content.map { try write(name, $0, mode: mode) } ?? path(of: name)
  }

  /// The text of a file.
  func content(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }
}

/// Hashes of the password `correct horse`, made by libxcrypt 4.4.33's crypt(3).
enum Sample {
  static let password = bytes("correct horse")
  static let yescrypt = "$y$j9T$ZDhiUqzFlyRBZek9ROmny0$rKCtEzEBXtMzl.LZLgDX7AaASlhnxqAFPRgrTakTcf0"
  static let gostYescrypt = "$gy$j9T$2Ibc/70khKX4Kh/JJPcWf.$1I.li/6gqdJvYjKfTNp3H4N56yFdi2y0.AcdAdpvmtD"
  static let scrypt = "$7$CU..../....DohDXnuTAL8Ukc6N18wkY.$JWuzoAnWJtLP8j1YkRzEdKSZHuFOGbOGqPcAvFccasC"
  static let bcrypt = "$2b$04$JGGjsWxH2LQGzZWfJE/x8OGoYSI1dLFgmmpDXvywFDBmaq3fyPX62"
  static let bcryptA = "$2a$04$FHDku8EHBEPPtfw6x9tg8.D7uKwDHPGmujHZnQDdnXgjrI.K8csXO"
  static let sha512 =
    "$6$rHGXOC6jxN4ROt8b$G57sskDraI8XONZ/n.CX2uvqUye.BhWvSJevqlQIGTZsfr/0Bcnay6UKeaxmWq5VxzuhKGFmlp97AME1nSIc4."
  static let sha256 = "$5$7ZhTVFFe0iu7Nkml$4fHH.plLZbTbORQoJVN.NAHrdgWF5asrChHUC6Kbfd/"
  static let sha1 = "$sha1$256280$zCwT/2Ws2axcrH6VAUvS$ly9CdKqwy0f9FdITINuYjj8asg8/"
  static let sunMD5 = "$md5,rounds=48854$H4maQC2g$$hDBB91PqniOJ.moBqejDk0"
  static let md5 = "$1$etqYj.MZ$.3ER.v64OR9HFfB2clhW1/"
  static let ntHash = "$3$$cfc43211ba8dc470832267827cac1407"
  static let bsdi = "_J9..7CvZknwKqEHylMs"
  static let des = "cVJDfDblr7w16"
  static let all = [
    yescrypt, gostYescrypt, scrypt, bcrypt, bcryptA, sha512, sha256, sha1, sunMD5, md5, ntHash, bsdi, des,
  ]
}

/// Runs `body` and returns the error it has to throw.
func tableError(_ body: () throws -> Void) -> UserTableError? {
  do {
    try body()
    Issue.record("nothing was thrown")
    return nil
  } catch let error as UserTableError {
    return error
  } catch {
    Issue.record(error)
    return nil
  }
}
