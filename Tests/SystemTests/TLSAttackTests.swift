// Attacks on a server with TLS, each by a small client in Python against a weftpd of its own: see InteropTests/Clients/attacks.py.

import TestSupport
import Testing

extension SystemTests {
  @Suite(.enabled(if: isInstalled("python3"), "python3 is not installed"))
  struct TLSAttackTests {
    private static let bound = "tls.data-session=require"

    /// A function of attacks.py and the settings it is written for.
    struct Attack: Sendable, CustomTestStringConvertible {
      let name: String
      let settings: [String]
      var testDescription: String { ([name] + settings).joined(separator: " ") }

      init(_ name: String, _ settings: String...) {
        self.name = name
        self.settings = settings
      }
    }

    private static let thieves = [
      Attack("thief_in_clear"), Attack("thief_in_clear", bound),
      Attack("thief_who_says_nothing", "timeouts.handshake=1s"),
      Attack("thief_with_tls", bound), Attack("thief_with_another_login", bound),
      Attack("thief_with_an_older_session_of_the_victim", bound), Attack("thief_after_the_victim_resumed"),
      Attack("thief_of_an_upload", bound), Attack("thief_who_knows_the_ports", bound), Attack("ports_serve_once"),
    ]
    private static let injections = [
      Attack("injection"), Attack("injection_after_234"), Attack("injection_behind_a_transfer"),
      Attack("clear_name_is_forgotten"), Attack("parameters_in_clear_are_forgotten"),
      Attack("plain_on_the_implicit_port"), Attack("tls_on_the_explicit_port"),
      Attack("slow_handshakes", "timeouts.handshake=1s"),
    ]
    private static let handshakes = [
      Attack("protocols"), Attack("foreign_protocols"), Attack("foreign_protocol_on_data"), Attack("names"),
      Attack("old_versions"), Attack("only_the_newest", "tls.minimum=1.3"), Attack("early_data"), Attack("key_updates"),
      Attack("renegotiation"),
      Attack("hosts", "hosts.names=one.example.org,two.example.org", "hosts.one.example.org.default-type=I"),
    ]
    private static let ends = [
      Attack("missing_close_accepted"), Attack("missing_close_refused", "tls.missing-close=refuse"),
      Attack("missing_close_by_size", "tls.missing-close=accept-if-size-matches"),
      Attack("missing_close_of_a_resumed_upload"),
      Attack("missing_close_of_a_resumed_upload", "tls.missing-close=accept-if-size-matches"),
      Attack("reset_is_never_a_whole_upload"), Attack("ends_are_marked", "timeouts.idle=2s"),
      Attack("nothing_comes_on_an_upload"),
    ]
    private static let commands = [
      Attack("commands_of_protection"), Attack("required_login", "tls.mode=required-login"),
      Attack("required_data", "tls.mode=required-data"), Attack("a_refusal_before_the_data_handshake"),
      Attack("cleared_control", "tls.ccc=true"), Attack("nonsense_behind_ccc", "tls.ccc=true"),
      Attack("beginning_anew"), Attack("auth_resets"),
      Attack("handshake_before_the_command"), Attack("handshake_before_the_command", bound),
      Attack("what_an_early_connection_comes_to"), Attack("strangers_at_an_early_port"),
    ]

    @Test(arguments: thieves + injections) func fails(_ attack: Attack) async throws { try await run(attack) }

    @Test(arguments: handshakes + ends + commands) func isAnswered(_ attack: Attack) async throws {
      try await run(attack)
    }

    @Test(.enabled(if: isInstalled("openssl"), "openssl is not installed")) func aCertificateChanges() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let script = """
          for n in first second; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key \
            -out $n.crt -days 2 -subj /CN=$n -addext subjectAltName=DNS:localhost || exit 1; cat $n.crt $n.key > $n.pem; done
          cp first.pem live.pem; chmod 600 *.pem
          """
        let made = try TestSupport.run(["sh", "-c", script], directory: place.path)
        try require(made.exitCode == 0, made.errors)
        let files = ["tls.certificate=\(place.path)/live.pem"]
        let checked = try TestSupport.run(
          [try Server.binary(), "check", place.path, "--anonymous", "--listen", "127.0.0.1:0", "--set", files[0]])
        try require(checked.exitCode == 0 && checked.errors.contains("tls notice:"), checked.errors)
        try require(checked.errors.contains("tls warning:") && checked.errors.contains("expires in"), checked.errors)
        try Self.run(Attack("certificate_change", files[0], Self.bound), { _ in [place.path] }) { server in
          try require(server.process.errorText.contains("previous certificates kept"), "the bad one is not logged")
        }
      }
    }

    @Test func unreadEndsKeepNoSocket() async throws {
      try await Blocking.run {
        let attack = Attack("unread_ends_keep_no_socket", "timeouts.data-stall=1s")
        try Self.run(attack, { ["\($0.process.id)"] }) { server in
          let tried = Set(latin1(try server.root.read("tried")).split(separator: "\n").map { "bytes=\($0)" })
          let failed = server.process.errorText.split(separator: "\n").filter { $0.contains(" download failed ") }
          let whole = failed.filter { line in line.split(separator: " ").contains { tried.contains(String($0)) } }
          try require(!whole.isEmpty, "close_notify has always found room: \(failed)")
        }
      }
    }

    @Test(.enabled(if: isInstalled("openssl"), "openssl is not installed")) func hostsShowTheirCertificates()
      async throws
    {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let script = """
          for n in own one; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.key \
            -out $n.crt -days 99 -subj /CN=$n -addext subjectAltName=DNS:$n.example.org || exit 1; chmod 600 $n.key; done
          """
        let made = try TestSupport.run(["sh", "-c", script], directory: place.path)
        try require(made.exitCode == 0, made.errors)
        let attack = Attack(
          "certificates_of_hosts", Self.bound, "tls.certificate=\(place.path)/own.crt", "tls.key=\(place.path)/own.key",
          "hosts.names=one.example.org,two.example.org", "hosts.one.example.org.certificate=\(place.path)/one.crt",
          "hosts.one.example.org.key=\(place.path)/one.key")
        try Self.run(attack, { _ in [place.path] })
      }
    }

    private func run(_ attack: Attack) async throws { try await Blocking.run { try Self.run(attack) } }

    /// Runs an attack against a server of its own; `check` may look at that afterwards.
    private static func run(
      _ attack: Attack, _ arguments: (Server) -> [String] = { _ in [] }, _ check: (Server) throws -> Void = { _ in }
    ) throws {
      let root = try TemporaryDirectory()
      try root.write("data.bin", pattern(1_234_567))
      var options = Server.Options(settings: ["log.level=debug"] + attack.settings)
      options.listen = ["127.0.0.1:0", "ftps://127.0.0.1:0"]
      try Server.with(options, root: root) { server in
        let ports = server.endpoints.map { String($0.port) }
        let result = try TestSupport.run(["python3", script, attack.name] + ports + [root.path] + arguments(server))
        try require(result.exitCode == 0, "\(attack.testDescription): \(result.errors)")
        try check(server)
      }
    }

    /// Beside the clients of the interoperability tests.
    private static let script = {
      let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
      return here + "/InteropTests/Clients/attacks.py"
    }()
  }
}
