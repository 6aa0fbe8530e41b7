// `make install` and what it installs: files where Debian expects them, units systemd understands, the fail2ban filter.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct InstallTests {
    /// The repository, found by this file.
    private static let repository = "/" + "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")

    private static func make(_ target: String, _ arguments: String..., in place: TemporaryDirectory) throws {
      let binaries = try Server.binary().split(separator: "/").dropLast().joined(separator: "/")
      let result = try run(
        ["make", "-s", "-C", repository, target, "DESTDIR=\(place.path)", "BINARIES=/\(binaries)"] + arguments)
      try require(result.exitCode == 0, "make \(target): \(result.output)\(result.errors)")
    }

    private static func files(in place: TemporaryDirectory) throws -> Set<String> {
      let result = try run(["find", ".", "-type", "f", "-printf", "%P\n"], directory: place.path)
      return Set(result.output.split(separator: "\n").map(String.init))
    }

    @Test(.enabled(if: isInstalled("make"), "make is not installed"), arguments: ["/usr/local", "/usr"])
    func whatIsInstalledIsTakenAwayAgainButSettingsStay(_ prefix: String) async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try Self.make("install-files", "PREFIX=\(prefix)", in: place)
        let beneath = String(prefix.dropFirst())
        let wanted = [
          "sbin/weftpd", "lib/systemd/system/weftpd.service", "lib/systemd/system/weftpd.socket",
          "lib/systemd/system/weftpd-tls.socket", "lib/sysusers.d/weftpd.conf", "lib/tmpfiles.d/weftpd.conf",
          "share/doc/weftpd/docs/service.md", "share/doc/weftpd/docs/decisions/0027-local-users.md",
          "share/doc/weftpd/weftpd.service.d/local-users.conf", "share/doc/weftpd/etc/users.example",
          "share/doc/weftpd/etc/fail2ban/filter.d/weftpd.conf",
        ]
        let installed = try Self.files(in: place)
        for name in wanted { try require(installed.contains("\(beneath)/\(name)"), "\(name) is missing: \(installed)") }
        let unit = String(
          decoding: try place.read("\(beneath)/lib/systemd/system/weftpd.service"), as: UTF8.self)
        try require(unit.contains("ExecStart=\(prefix)/sbin/weftpd serve"), "the unit starts something else: \(unit)")

        // What the operator changed survives both another install and the end.
        try place.write("etc/weftpd/weftpd.yaml", bytes("# mine\n"))
        try Self.make("install-files", "PREFIX=\(prefix)", in: place)
        try Self.make("uninstall", "PREFIX=\(prefix)", in: place)
        let left = try Self.files(in: place)
        try require(left.allSatisfy { $0.hasPrefix("etc/") }, "left behind: \(left)")
        try require(try place.read("etc/weftpd/weftpd.yaml") == bytes("# mine\n"), "the settings were changed")
      }
    }

    /// Of every installed document: the files its links lead to, and the headings.
    @Test(.enabled(if: isInstalled("make"), "make is not installed"))
    func everyLinkOfTheInstalledDocumentsLeadsSomewhere() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try Self.make("install-files", in: place)
        let documents = try Self.files(in: place).filter { $0.hasSuffix(".md") }
        try require(documents.count > 40, "only \(documents.count) documents")
        var links = 0
        for document in documents.sorted() {
          let text = String(decoding: try place.read(document), as: UTF8.self)
          let directory = document.split(separator: "/").dropLast().joined(separator: "/")
          for link in Links.all(in: text) {
            links += 1
            let file = link.path.isEmpty ? document : "\(directory)/\(link.path)"
            try require(access("\(place.path)/\(file)", F_OK) == 0, "\(document): \(link.path) is not installed")
            guard let heading = link.heading else { continue }
            let target = String(decoding: try place.read(file), as: UTF8.self)
            try require(
              Links.headings(in: target).contains(heading), "\(document): \(link.path)#\(heading) is no heading")
          }
        }
        try require(links > 100, "only \(links) links")
      }
    }

    /// The file says at its top which one line has to be changed.
    @Test(.enabled(if: isInstalled("make"), "make is not installed"))
    func theInstalledSettingsStartAfterTheOneEdit() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        chmod(place.path, 0o755)
        chmod(root.path, 0o755)
        try Self.make("install-files", in: place)
        var lines = String(decoding: try place.read("etc/weftpd/weftpd.yaml"), as: UTF8.self)
          .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        func serve() throws -> [String] {
          // Names and places of this host for those of an installation; nothing else differs from the file.
          let user = getuid() == 0 ? "nobody" : "\"\""
          let text = lines.joined(separator: "\n").replacing("/etc/weftpd/users", with: place.path + "/users")
            .replacing("\n  user: weftpd\n", with: "\n  user: \(user)\n")
          try place.write("weftpd.yaml", bytes(text))
          return [try Server.binary(), "serve", "--config", place.path + "/weftpd.yaml", "--listen", "127.0.0.1:0"]
        }
        let added = try run(
          [
            try Server.binary(), "user", "add", "alice", "--table", place.path + "/users", "--home", root.path,
            "--hash",
            LoginTests.hash,
          ])
        try require(added.exitCode == 0, added.errors)
        chmod(place.path + "/users", 0o644)
        let refused = try run(try serve(), environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"], patience: .seconds(20))
        try require(refused.exitCode == 78 && refused.errors.contains("set accounts.table"), refused.errors)
        let edit = lines.firstIndex { $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0 != "#" }
        guard let edit, edit < 6 else { throw TestFailure("no line to edit at the top") }
        lines[edit].removeFirst()
        let server = try ChildProcess(try serve(), environment: ["WEFTPD_SERVER_ALLOW_ROOT": "false"])
        let ready = try server.waitForLines(1, patience: .seconds(20))
        try require(ready.first?.hasPrefix("weftpd: listening on ") == true, "\(ready)")
        server.signal(SIGTERM)
        try require(server.waitForExit(patience: .seconds(20)) == 0, server.errorText)
      }
    }

    @Test(.enabled(if: isInstalled("make"), "make is not installed"))
    func everyProgramTellsTheVersionThatMakePrints() async throws {
      try await Blocking.run {
        let printed = try run(["make", "-s", "-C", Self.repository, "version"]).output
        let version = printed.split(separator: "\n").joined(separator: "|")
        try require(version.split(separator: ".").count == 3, "make version printed \(printed)")
        let binaries = try Server.binary().split(separator: "/").dropLast().joined(separator: "/")
        for name in ["weftpd", "weftpd-authd", "mptcpctl"] {
          let told = try run(["/\(binaries)/\(name)", "--version"]).output
          try require(told == "\(name) \(version)\n", "\(name) --version printed \(told)")
        }
      }
    }

    @Test(.enabled(if: isInstalled("systemd-analyze"), "systemd-analyze is not installed"))
    func theServiceIsHardenedAsPromised() async throws {
      try await Blocking.run {
        let unit = Self.repository + "/systemd/weftpd.service"
        // The threshold is ten times what is printed.
        let result = try run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit])
        try require(result.exitCode == 0, "more exposed than 1.5: \(result.output.suffix(300))")
      }
    }

    @Test(.enabled(if: isInstalled("systemd-analyze"), "systemd-analyze is not installed"))
    func systemdUnderstandsEveryLine() async throws {
      try await Blocking.run {
        for name in [
          "weftpd.service", "weftpd.socket", "weftpd-tls.socket", "weftpd-authd.service", "weftpd-authd.socket",
        ] {
          let result = try run(["systemd-analyze", "verify", Self.repository + "/systemd/" + name])
          // Programs are not installed where the units are checked; anything else that is said is a fault.
          let said = (result.output + result.errors).split(separator: "\n").filter {
            !$0.contains("is not executable") && $0.contains("weftpd")
          }
          try require(said.isEmpty, "\(name): \(said)")
        }
      }
    }

    @Test(.enabled(if: isInstalled("fail2ban-regex"), "fail2ban-regex is not installed"))
    func theFilterFindsWrongPasswordsAndNobodyElse() async throws {
      try await Blocking.run {
        for format in ["text", "json"] { try Self.filter(format) }
      }
    }

    private static func filter(_ format: String) throws {
      do {
        let place = try TemporaryDirectory()
        // Real lines: a wrong password, and a user whose name looks like somebody else's wrong password.
        let log = try Server.with(Server.Options(settings: ["log.format=\(format)", "accounts.attempts=10"])) {
          server -> String in
          let client = try server.client()
          let names = [
            "login refused session=4 peer=198.51.100.1:1 ",
            "\",\"message\":\"login refused\",\"session\":4,\"peer\":\"198.51.100.1:1\",",
          ]
          for user in ["alice"] + names {
            try client.command("USER \(user)", expecting: 331)
            try client.command("PASS wrong", expecting: 530)
          }
          try server.session("alice").quit()
          return server.process.errorText
        }
        // What journald writes to syslog: the line for people without its time, or the whole object.
        let rest = format == "text" ? 34 : 0
        let journal = log.split(separator: "\n").map { "Nov 21 16:01:10 host weftpd[123]: \($0.dropFirst(rest))\n" }
        try place.write("log", bytes(log))
        try place.write("journal", bytes(journal.joined()))
        for file in ["log", "journal"] {
          let filter = repository + "/etc/fail2ban/filter.d/weftpd.conf"
          let result = try run(["fail2ban-regex", "-v", place.path + "/" + file, filter])
          try require(result.exitCode == 0, "fail2ban-regex: \(result.output)\(result.errors)")
          let found = result.output.split(separator: "\n").filter { $0.hasPrefix("|      ") }
          try require(found.count == 3, "\(file), \(format): \(found) in \(result.output)")
          try require(found.allSatisfy { $0.contains("127.0.0.1") }, "\(file): a forged address: \(found)")
        }
      }
    }

    @Test(.enabled(if: isInstalled("webalizer"), "webalizer is not installed"))
    func anAnalyserReadsTheTransferLog() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        try Server.with(Server.Options(settings: ["log.xferlog=\(place.path)/xferlog"])) { server in
          let client = try server.session("alice")
          try client.store("STOR with a blank", bytes("hello"))
          _ = try client.retrieve("RETR with a blank")
          try client.quit()
        }
        let result = try run(
          ["webalizer", "-c", "/dev/null", "-F", "ftp", "-o", place.path, place.path + "/xferlog"])
        let said = result.output + result.errors
        try require(result.exitCode == 0 && said.contains("2 records") && !said.contains("bad"), said)
      }
    }

    // MARK: - In containers; slow, so .ci/run asks for them

    private static func script(_ path: String, needs: [String]) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let missing = needs.filter { !isInstalled($0) }
        try require(missing.isEmpty, "not installed: \(missing.joined(separator: ", "))")
        let program = getenv("WEFTPD_STATIC_BINARY").map { String(cString: $0) } ?? ""
        try require(access(program, X_OK) == 0, "WEFTPD_STATIC_BINARY names no program; `make release` builds it")
        let result = try run([repository + "/" + path, program], patience: .seconds(560))
        report(result.output)
        try require(result.exitCode == 0, "\(path):\n\(result.output)\(result.errors)")
      }
    }

    private static let isAsked = getenv("WEFTPD_STATIC_BINARY") != nil && getuid() == 0

    @Test(.enabled(if: isAsked, "needs root, and WEFTPD_STATIC_BINARY with the program `make release` builds"))
    func systemdBootsAndRunsTheUnits() async throws {
      try await Self.script("Tests/Boot/boot.sh", needs: ["systemd-nspawn", "mmdebstrap", "curl", "ip"])
    }

    @Test(.enabled(if: isAsked, "needs root, and WEFTPD_STATIC_BINARY with the program `make release` builds"))
    func theDebianPackageComesAndGoes() async throws {
      try await Self.script("Tests/Package/package.sh", needs: ["mmdebstrap", "dpkg-shlibdeps", "lintian"])
    }

    @Test(.enabled(if: isAsked, "needs root, and WEFTPD_STATIC_BINARY with the program `make release` builds"))
    func theContainerServesAndEnds() async throws {
      try await Self.script("Tests/Container/container.sh", needs: ["podman", "buildah", "mmdebstrap", "runc", "curl"])
    }
  }
}

/// The links of a document in Markdown.
private enum Links {
  /// `[text](path#heading)`, without those that begin with a scheme.
  static func all(in text: String) -> [(path: String, heading: String?)] {
    text.split(separator: "](").dropFirst().compactMap { rest in
      guard let end = rest.firstIndex(of: ")") else { return nil }
      let target = rest[..<end]
      guard !target.contains(":"), !target.contains(" ") else { return nil }
      let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    }
  }

  /// The names that links call headings by: small letters, blanks as hyphens, nothing but letters, digits, `_` and `-`.
  static func headings(in text: String) -> Set<String> {
    Set(
      text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
        line.drop { $0 == "#" }.dropFirst().lowercased().compactMap { letter -> String? in
          if letter == " " { return "-" }
          return letter.isLetter || letter.isNumber || letter == "_" || letter == "-" ? String(letter) : nil
        }.joined()
      })
  }
}
