// Which authorities of the system weftp knows: those of OpenSSL's directory and of its file, and neither is read where nobody asks.

import Glibc
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct SystemTrustTests {
  /// A server whose certificate an authority in `authority.pem` has signed.
  private func with(
    _ body:
      @escaping @Sendable (_ place: TemporaryDirectory, _ ls: ([String], [String: String]) throws -> Int32) throws
      -> Void
  ) async throws {
    try await Blocking.run {
      let place = try TemporaryDirectory()
      let script = """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
          -keyout authority.key -out authority.pem
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server -keyout key.pem -out server.csr
        printf 'subjectAltName=IP:127.0.0.1\\n' > names
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
          -extfile names -out cert.pem
        mkdir hashed && cp authority.pem hashed/"$(openssl x509 -in authority.pem -noout -hash)".0
        """
      try TestSupport.run(["sh", "-e", "-c", script], directory: place.path)
      let settings = ["tls.certificate=\(place.path(of: "cert.pem"))", "tls.key=\(place.path(of: "key.pem"))"]
      try Server.with(Server.Options(settings: settings)) { server in
        let program = try #require(builtProgram("weftp"), "weftp is not built")
        try body(place) { options, environment in
          let home = ["HOME": place.path, "WEFTP_PASSWORD": Server.password]
          return try TestSupport.run(
            [program, "ls"] + options + ["ftpes://alice@127.0.0.1:\(server.endpoint.port)/"],
            environment: home.merging(environment) { $1 }
          ).exitCode
        }
      }
    }
  }

  private func expect(_ code: Int32, _ expected: Int32) throws { try require(code == expected, "ended with \(code)") }

  @Test func anAuthorityMayBeInTheDirectoryOrInTheFile() async throws {
    try await with { place, ls in
      let (file, directory, none) = (place.path(of: "authority.pem"), place.path(of: "hashed"), "/nonexistent")
      try expect(ls([], ["SSL_CERT_FILE": none, "SSL_CERT_DIR": none]), 80)
      try expect(ls([], ["SSL_CERT_FILE": none, "SSL_CERT_DIR": directory]), 0)
      try expect(ls([], ["SSL_CERT_FILE": file, "SSL_CERT_DIR": none]), 0)
    }
  }

  /// The file is one that never ends: a pipe that nobody writes into.
  @Test func theFileIsReadOnlyForWhoIsNotInTheDirectory() async throws {
    try await with { place, ls in
      let (pipe, directory) = (place.path(of: "endless"), place.path(of: "hashed"))
      try require(mkfifo(pipe, 0o600) == 0, "mkfifo")
      try expect(ls([], ["SSL_CERT_FILE": pipe, "SSL_CERT_DIR": directory]), 0)
      try expect(ls(["--trust=none"], ["SSL_CERT_FILE": pipe, "SSL_CERT_DIR": "/nonexistent"]), 0)
    }
  }
}
