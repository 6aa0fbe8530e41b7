// Certificates for tests, made by openssl(1) in a temporary directory.

import Glibc
import TestSupport
import Testing

/// A directory with whatever certificates a test asks for.
final class TestAuthority: Sendable {
  private let place: TemporaryDirectory
  static let isAvailable = access("/usr/bin/openssl", X_OK) == 0

  init() throws { place = try TemporaryDirectory() }

  var path: String { place.path }

  func file(_ name: String) -> String { place.path(of: name) }

  /// Runs a shell script in the directory; it must succeed.
  func run(_ script: String) throws {
    try #require(system("cd \(path) && ( \(script) ) >openssl.log 2>&1") == 0, "openssl failed: \(script)")
  }

  /// NAME.pem and NAME.key, self-signed.
  func selfSigned(
    _ name: String, key: String = "ec -pkeyopt ec_paramgen_curve:P-256", days: Int = 90,
    names: String? = "DNS:ftp.example.org", more: String = ""
  ) throws {
    let extensions = names.map { "-addext subjectAltName=\($0)" } ?? ""
    try run(
      "openssl req -x509 -newkey \(key) -nodes -keyout \(name).key -out \(name).pem -days \(days) -subj /CN=\(name) \(extensions) \(more)"
    )
    try run("chmod 600 \(name).key")
  }

  /// root.pem signs middle.pem signs leaf.pem, which has leaf.key.
  func chain() throws {
    try selfSigned("root", names: nil)
    try run(
      """
      for n in middle leaf; do openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key -out $n.csr -subj /CN=$n; done
      printf 'basicConstraints=critical,CA:TRUE\\n' > ca.ext
      printf 'subjectAltName=DNS:ftp.example.org,email:alice@example.org\\nextendedKeyUsage=serverAuth\\n' > leaf.ext
      openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -days 60 -extfile ca.ext -out middle.pem
      openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 60 -extfile leaf.ext -out leaf.pem
      chmod 600 *.key
      """)
  }

  /// Writes `bytes` of the files one after the other into a new one.
  func join(_ names: [String], as name: String) throws { try run("cat \(names.joined(separator: " ")) > \(name)") }

  var now: Int64 { Int64(time(nil)) }
}
