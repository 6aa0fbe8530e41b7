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
    let keys = try Self.makeCertificate()
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
  /// A user with a second factor: FileZilla asks for the code when it reads 336. (3.63 does not send it on where TLS was demanded,
  /// `ftpes://`; and under implicit TLS it does not offer its own dialect, so there the code is appended to the password.)
  @Test(arguments: ["opportunistic", "implicit"]) func secondFactor(_ kind: String) async throws {
    try await Blocking.run {
      let keys = try Self.makeCertificate()
      let (root, local) = (try TemporaryDirectory(), try TemporaryDirectory())
      try root.write("data.bin", Interop.content)
      try local.write("up.txt", pattern(3333))
      let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
      // crypt(3) of `secret`, quick on purpose.
      let hash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"
      try keys.write("users", bytes("alice:\(hash):\(root.path):rw,totp=\(secret)\n"), mode: 0o600)
      var options = Server.Options(settings: [
        "tls.certificate=\(keys.path)/certificate.pem", "tls.key=\(keys.path)/key.pem", "tls.data-session=require",
        "log.level=debug",
      ])
      options.listen = ["127.0.0.1:0", "ftps://127.0.0.1:0"]
      options.user = nil
      options.arguments = ["--users", keys.path + "/users"]
      try Server.with(options, root: root) { server in
        let port = server.endpoints[kind == "implicit" ? 1 : 0].port
        let words = ["python3", client("filezilla.py"), kind, "default", "\(port)", Server.password]
        let result = try TestSupport.run(
          words + [keys.path + "/certificate.pem", secret], directory: local.path, patience: .seconds(150))
        try require(result.exitCode == 0, "FileZilla \(kind): \(result.output)\(result.errors)")
        try require(try local.read("data.bin") == Interop.content, "the local file differs from what was served")
        try require(try root.read("up.txt") == pattern(3333), "the file on the server differs from what was sent")
        let asked = kind == "implicit" ? "result=331" : "result=336"
        try require(server.process.errorText.contains("verb=USER path=\"alice\" \(asked)"), "another reply to USER")
      }
    }
  }

  private static func makeCertificate() throws -> TemporaryDirectory {
    let keys = try TemporaryDirectory()
    let made = try TestSupport.run(
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
      ], directory: keys.path)
    try require(made.exitCode == 0, made.errors)
    return keys
  }
}
