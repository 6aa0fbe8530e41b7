// Virtual hosts under TLS: which certificate a client is shown, what HOST may still choose, and how much TLS each host asks.

import TestSupport
import Testing

extension SystemTests {
  @Suite(.enabled(if: isInstalled("python3") && isInstalled("openssl"), "python3 or openssl is not installed"))
  struct TLSHostTests {
    /// The server's own certificate, one for each of two hosts, and a spare one. The key of one.example is encrypted, two.example's stands
    /// beside its certificate.
    private static let script = """
      set -e
      for n in server one.example two.example spare; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key -out $n.crt -days 5 -subj /CN=$n
      done
      for n in one.example spare; do
        openssl pkcs8 -topk8 -v2 aes-256-cbc -in $n.key -passout file:phrase -out $n.locked
        mv $n.locked $n.key
      done
      cat two.example.key >> two.example.crt
      chmod 600 *.key *.crt phrase
      """

    private static func settings(in place: TemporaryDirectory) -> String {
      """
      tls:
        certificate: \(place.path)/server.crt
        key: \(place.path)/server.key
        key-passphrase-file: \(place.path)/phrase
        data-session: require
      hosts:
        names: [one.example, two.example, plain.example, open.example]
        one.example:
          greeting: one
          users: \(place.path)/users
          certificate: \(place.path)/one.example.crt
          key: \(place.path)/one.example.key
          tls: required-login
        two.example:
          certificate: \(place.path)/two.example.crt
          tls: required-data
        plain.example:
          tls: off
      """
    }

    @Test(arguments: [
      ("certificates", "allowed"), ("host_after_the_handshake", "allowed"), ("host_before_the_handshake", "allowed"),
      ("modes", "allowed"), ("required_stays_required", "required-login"),
      ("a_host_with_tls_on_a_server_without", "off"), ("renewed", "allowed"),
    ]) func hosts(_ name: String, _ mode: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try place.write("phrase", bytes("a passphrase\n"), mode: 0o600)
        let made = try TestSupport.run(["sh", "-c", Self.script], directory: place.path)
        try require(made.exitCode == 0, made.errors)
        let root = try TemporaryDirectory()
        try root.write("data.bin", pattern(200_000))
        let entry = "anna:\(LoginTests.hash):\(root.path):rw\n"
        try place.write("users", bytes(entry), mode: 0o600)
        try place.write("weftpd.yaml", bytes(Self.settings(in: place)))
        var options = Server.Options(settings: ["tls.mode=\(mode)"])
        options.listen = ["127.0.0.1:0", "ftps://127.0.0.1:0"]
        options.arguments = ["--config", place.path + "/weftpd.yaml"]
        try Server.with(options, root: root) { server in
          let ports = server.endpoints.map { "\($0.port)" }
          let words = ["python3", Self.client, name] + ports + ["\(server.process.id)", root.path]
          let result = try TestSupport.run(words, directory: place.path, patience: .seconds(90))
          try require(result.exitCode == 0, "\(name): \(result.errors)")
        }
      }
    }

    /// Beside the clients of the interoperability tests.
    private static let client = {
      let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      return here + "/InteropTests/Clients/hosts.py"
    }()
  }
}
