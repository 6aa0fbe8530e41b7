// Logins with a second factor and with client certificates, against a real server with a table of users.

import TestSupport
import Testing

extension SystemTests {
  @Suite(.enabled(if: isInstalled("python3") && isInstalled("openssl"), "python3 or openssl is not installed"))
  struct LoginTests {
    /// crypt(3) of `secret`, quick on purpose.
    static let hash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"

    private static func weftpd(_ arguments: String...) throws -> CommandResult {
      let result = try TestSupport.run([try Server.binary()] + arguments)
      try require(result.exitCode == 0, "\(arguments): \(result.errors)")
      return result
    }

    /// Runs `name` of logins.py, in `place`, against a server with `table`.
    private static func run(
      _ name: String, _ place: TemporaryDirectory, root: TemporaryDirectory, settings: [String] = [],
      _ arguments: [String] = [], _ check: (Server) throws -> Void = { _ in }
    ) throws {
      var options = Server.Options(settings: settings)
      options.user = nil
      options.arguments = ["--users", place.path + "/users"]
      try Server.with(options, root: root) { server in
        let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        let result = try TestSupport.run(
          ["python3", here + "/InteropTests/Clients/logins.py", name, String(server.endpoint.port), root.path]
            + arguments + ["\(server.process.id)"], directory: place.path, patience: .seconds(90))
        try require(result.exitCode == 0, "\(name): \(result.errors)")
        try check(server)
      }
    }

    @Test(arguments: ["second_factor", "wrong_factors"]) func secondFactor(_ name: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        let table = place.path + "/users"
        for user in ["alice", "bob"] {
          _ = try Self.weftpd("user", "add", user, "--table", table, "--home", root.path, "--hash", Self.hash)
        }
        let said = try Self.weftpd("user", "totp", "alice", "--table", table, "--issuer", "My server").output
        try require(said.contains("otpauth://totp/My%20server:alice?secret="), said)
        try require(said.contains("▀▀▀"), "no QR code: \(said)")
        let secret = said.split(separator: "secret=").dropFirst().first?.split(separator: "&").first.map(String.init)
        try require(secret?.utf8.count == 32, said)
        let shown = try Self.weftpd("user", "show", "alice", "--table", table).output
        try require(!shown.contains(secret ?? "") && shown.contains("totp: ********"), shown)
        try Self.run(name, place, root: root, [secret ?? ""])
        _ = try Self.weftpd("user", "totp", "alice", "--table", table, "--remove")
        try require(!latin1(try place.read("users")).contains("totp="), "the secret is still there")
      }
    }

    @Test(arguments: ["certificates", "certificate_required"]) func clientCertificate(_ name: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        try root.write("data.bin", pattern(100_000))
        try Self.makeCertificates(in: place)
        let digits = latin1(try place.read("fingerprint")).filter(\.isHexDigit)
        let entries = [
          "alice:\(Self.hash):\(root.path):rw,certificate=alice@Example.org",
          "bob:\(Self.hash):\(root.path):rw,certificate=bob@example.org;robert", "carol:\(Self.hash):\(root.path):rw",
          "dora:\(Self.hash):\(root.path):ro,certificate=dora;\(digits)",
          "locked:*:\(root.path):rw,certificate=alice@example.org",
        ]
        try place.write("users", bytes(entries.joined(separator: "\n") + "\n"), mode: 0o600)
        let verify = name == "certificates" ? "optional" : "required"
        try Self.run(
          name, place, root: root,
          settings: [
            "tls.client-verify=\(verify)", "tls.client-ca=\(place.path)/ca.pem", "tls.client-crl=\(place.path)/crl.pem",
          ])
      }
    }

    /// A list of revocations that changes while the server runs.
    @Test func revokedLater() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        try root.write("data.bin", pattern(100_000))
        try Self.makeCertificates(in: place)
        let entry = "alice:\(Self.hash):\(root.path):rw,certificate=alice@example.org\n"
        try place.write("users", bytes(entry), mode: 0o600)
        try Self.run(
          "revoked_later", place, root: root,
          settings: [
            "tls.client-verify=optional", "tls.client-ca=\(place.path)/ca.pem", "tls.client-crl=\(place.path)/live.pem",
          ]
        ) { server in
          let told = server.process.errorText.split(separator: "\n").filter {
            $0.contains("previous certificates kept")
          }
          try require(told.contains { $0.contains("error") && $0.contains("tls.client-crl") }, "not told: \(told)")
        }
      }
    }

    /// An authority, certificates for alice and carol, hers revoked, and mallory's, who is an authority of his own.
    private static func makeCertificates(in place: TemporaryDirectory) throws {
      let script = """
        set -e
        new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        openssl req -x509 $new -keyout ca.key -out ca.pem -days 5 -subj /CN=authority
        openssl req -x509 $new -keyout evil.key -out evil.pem -days 5 -subj /CN=authority
        touch index.txt
        printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\ndefault_md=sha256\\ndefault_crl_days=5\\n' > ca.cnf
        for user in alice carol mallory; do
          authority=ca; [ $user != mallory ] || authority=evil
          openssl req $new -keyout $user.key -out $user.csr -subj /CN=$user
          printf 'subjectAltName=email:alice@example.org\\n' > $user.ext
          openssl x509 -req -in $user.csr -CA $authority.pem -CAkey $authority.key -CAcreateserial -days 5 \
            -extfile $user.ext -out $user.pem
          cat $user.pem $user.key > $user.both
        done
        openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -gencrl -out live.pem
        openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -revoke carol.pem
        openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -gencrl -out crl.pem
        openssl x509 -in alice.pem -noout -fingerprint -sha256 | cut -d= -f2 > fingerprint
        """
      let result = try TestSupport.run(["sh", "-c", script], directory: place.path)
      try require(result.exitCode == 0, result.errors)
    }
  }
}
