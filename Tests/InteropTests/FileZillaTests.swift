// The FileZilla client: its own dialect of ALPN, sessions it insists on resuming, and close_notify it insists on.

import TestSupport
import Testing

@Suite(
  .serialized, installed("filezilla"), installed("Xvfb"), installed("openbox"), installed("xdotool"),
  installed("openssl"))
struct FileZillaTests {
  @Test(arguments: [
    ["opportunistic", "default"], ["explicit", "default"], ["implicit", "default"], ["explicit", "active"],
  ])
  func listsFetchesAndSends(_ way: [String]) async throws {
    let keys = try TemporaryDirectory()
    let made = try TestSupport.run(
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        "key.pem",
        "-out", "certificate.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
      ], directory: keys.path)
    try require(made.exitCode == 0, made.errors)
    let files = ["tls.certificate=\(keys.path)/certificate.pem", "tls.key=\(keys.path)/key.pem"]
    try await TLSInterop.run(.require, files) { tls in
      try tls.test.local.write("up.txt", pattern(3333))
      let port = way[0] == "implicit" ? tls.implicit : tls.explicit
      let result = try TestSupport.run(
        ["python3", client("filezilla.py")] + way + [port, Server.password, keys.path + "/certificate.pem"],
        directory: tls.test.local.path, patience: .seconds(150))
      try require(result.exitCode == 0, "FileZilla \(way): \(result.output)\(result.errors)")
      try tls.test.requireLocal("data.bin")
      try tls.test.requireRemote("up.txt", pattern(3333))
      try tls.requireProtected()
      let log = tls.test.server.process.errorText
      try require(log.contains(way[1] == "active" ? "verb=PORT" : "verb=PASV"), "another mode: \(log.suffix(2000))")
    }
  }
}
