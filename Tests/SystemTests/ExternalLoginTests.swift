// Logins by an authority outside: a program, a web service, the script for LDAP with a real slapd, from USER to the files.

import Glibc
import TestSupport
import Testing

extension SystemTests {
  @Suite struct ExternalLoginTests {
    private static func options(_ settings: [String]) -> Server.Options {
      var options = Server.Options(settings: settings)
      options.user = nil
      options.anonymous = false
      return options
    }

    private static func code(_ server: Server, _ user: String, _ password: String) throws -> Int {
      let client = try server.client()
      try client.command("USER \(user)", expecting: 331)
      return try client.command("PASS \(password)").code
    }

    @Test func aProgramLetsItsUsersIn() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        try root.makeDirectory("alice")
        let program = try place.write(
          "authority",
          """
          #!/bin/sh
          document=$(cat)
          echo "$document" >> '\(place.path)/asked'
          case "$document" in
          *'"password":"right"'*'"user":"alice"'*)
            echo '{"allow": true, "entry": {"home": "\(root.path)/alice", "access": "rw", "sessions": "3"}}' ;;
          *'"user":"reader"'*) echo '{"allow": true, "entry": {"home": "\(root.path)", "access": "ro"}}' ;;
          *'"user":"outside"'*) echo '{"allow": true, "entry": {"home": "/etc", "access": "rw"}}' ;;
          *'"user":"broken"'*) echo 'hello' ;;
          *'"user":"slow"'*) sleep 60 ;;
          *) echo '{"allow": false}' ;;
          esac
          """, mode: 0o755)
        let table = try place.write(
          "users", "tabled:\(DatabaseTests.hash):\(root.path):rw\n", mode: 0o600)
        let options = Self.options([
          "accounts.table=\(table)", "accounts.external.program=\(program)", "accounts.external.timeout=2s",
          "accounts.roots=\(root.path)",
        ])
        try Server.with(options, root: root) { server in
          let client = try server.client()
          try client.logIn("alice", "right")
          _ = try client.store("STOR file", bytes("contents"))
          try require(try root.read("alice/file") == bytes("contents"), "the file is not in the home of the answer")
          try require(try Self.code(server, "alice", "wrong") == 530, "a wrong password")
          try require(try Self.code(server, "nobody", "x") == 530, "an unknown user")
          try require(try Self.code(server, "broken", "x") == 421, "an answer that is none")
          try require(try Self.code(server, "slow", "x") == 421, "an answer that comes too late")
          try require(try Self.code(server, "outside", "x") == 421, "a home outside accounts.roots")
          let reader = try server.client()
          try reader.logIn("reader", "x")
          try reader.command("MKD new", expecting: 550)
          // Whom the table knows, nobody else is asked about.
          try require(try Self.code(server, "tabled", Server.password) == 230, "a user of the table")
          try require(try Self.code(server, "tabled", "wrong") == 530, "a user of the table")
          let asked = latin1(try place.read("asked"))
          try require(!asked.contains("tabled"), asked)
          try require(asked.contains(#""peer":{"address":"127.0.0.1"}"#) && asked.contains(#""tls":null"#), asked)
          try waitForLog(server.process, "the answer is not JSON")
          try waitForLog(server.process, "gave no answer in time")
          for secret in ["right", "wrong"] {
            try require(
              !server.process.errorText.contains(secret), "the password is in the log: \(server.process.errorText)")
          }
          try client.command("NOOP", expecting: 200)
        }
      }
    }

    @Test(.enabled(if: isInstalled("python3"), "python3 is not installed"))
    func aWebServiceLetsItsUsersIn() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        let token = try place.write("token", "t0ken\n", mode: 0o600)
        let script = try place.write(
          "service.py",
          """
          import http.server, json, sys
          class Handler(http.server.BaseHTTPRequestHandler):
              def do_POST(self):
                  question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                  good = self.headers["Authorization"] == "Bearer t0ken" and question["password"] == "secret"
                  if question["user"] == "teapot":
                      self.send_response(418); self.end_headers(); return
                  answer = {"allow": good, "entry": {"home": sys.argv[1], "access": "rw"}}
                  self.send_response(200); self.end_headers()
                  self.wfile.write(json.dumps(answer).encode())
              def log_message(self, *arguments): pass
          server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
          print(server.server_port, flush=True)
          server.serve_forever()
          """)
        let service = try ChildProcess(["python3", script, root.path])
        defer {
          service.signal(SIGKILL)
          _ = service.waitForExit(patience: .seconds(20))
        }
        let port = try service.waitForLines(1, patience: .seconds(60))[0]
        let options = Self.options([
          "accounts.external.url=http://127.0.0.1:\(port)/login", "accounts.external.token-file=\(token)",
          "accounts.roots=\(root.path)",
        ])
        try Server.with(options, root: root) { server in
          try require(try Self.code(server, "alice", "secret") == 230, server.process.errorText)
          try require(try Self.code(server, "alice", "wrong") == 530, "a wrong password")
          try require(try Self.code(server, "teapot", "secret") == 421, "a status that is no answer")
          service.signal(SIGKILL)
          _ = service.waitForExit(patience: .seconds(20))
          try require(try Self.code(server, "alice", "secret") == 421, "a service that is gone")
          try waitForLog(server.process, "cannot be reached")
        }
      }
    }

    @Test func settingsThatCannotBe() async throws {
      try await Blocking.run {
        let program = try Server.binary()
        func problems(_ settings: [String]) throws -> String {
          try run([program, "check", "--set", "server.allow-root=true"] + settings.flatMap { ["--set", $0] }).errors
        }
        let roots = "accounts.roots=/tmp"
        try require(try problems(["accounts.external.program=/bin/true"]).contains("needs accounts.roots"), "roots")
        try require(
          try problems([roots, "accounts.external.program=true"]).contains("is not an absolute path"), "path")
        try require(
          try problems([roots, "accounts.external.program=/etc/passwd"]).contains("is not a program that can be run"),
          "program")
        try require(
          try problems([roots, "accounts.external.url=http://example.org/"]).contains("neither an https URL"),
          "clear text")
        try require(
          try problems([roots, "accounts.external.url=https://x/", "accounts.external.program=/bin/true"])
            .contains("cannot be set together"), "both")
        try require(try problems(["accounts.backend=sqlite"]).contains("needs accounts.sqlite"), "sqlite")
        try require(
          try problems(["accounts.backend=postgres", roots]).contains("needs accounts.postgres.connection"), "postgres")
      }
    }

    private static let slapd = ["/usr/sbin/slapd"].first { (path: String) in access(path, X_OK) == 0 }

    @Test(
      .enabled(
        if: slapd != nil && isInstalled("ldapwhoami") && isInstalled("ldapadd") && isInstalled("python3"),
        "slapd, ldap-utils or python3 is not installed"))
    func theScriptForLDAPAsksARealDirectory() async throws {
      try await Blocking.run {
        let place = try TemporaryDirectory()
        let root = try TemporaryDirectory()
        for name in ["alice", "bob", "elsewhere"] { try root.makeDirectory(name) }
        let (directory, uri) = try Self.startDirectory(place, root)
        defer {
          directory.signal(SIGKILL)
          _ = directory.waitForExit(patience: .seconds(20))
        }
        let source = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
          separator: "/")
        let program = try place.write("ldap.py", try readFile(source + "/etc/external/ldap.py"), mode: 0o755)
        try place.write(
          "ldap.ini",
          """
          [ldap]
          uri = \(uri)
          user_dn = uid={user},ou=people,dc=example,dc=org
          home = \(root.path)/{user}
          filter = (employeeType=ftp)
          home_attribute = roomNumber
          [entry]
          sessions = 5
          """)
        let options = Self.options([
          "accounts.external.program=\(program)", "accounts.external.timeout=60s", "accounts.roots=\(root.path)",
        ])
        try Server.with(options, root: root) { server in
          let alice = try server.client()
          try alice.logIn("alice", "s\"e'cret ł")
          _ = try alice.store("STOR file", bytes("contents"))
          try require(root.exists("alice/file"), "alice is not at home")
          try require(try Self.code(server, "alice", "wrong") == 530, "a wrong password")
          // A bind without a password would succeed.
          try require(try Self.code(server, "alice", "") == 530, "no password")
          try require(try Self.code(server, "nobody", "secret") == 530, "an unknown user")
          try require(try Self.code(server, "dave", "secret") == 530, "a user whom the filter leaves out")
          try require(try Self.code(server, "alice,ou=people", "s\"e'cret ł") == 530, "a name that goes on as a DN")
          let bob = try server.client()
          try bob.logIn("bob", "secret")
          _ = try bob.store("STOR file", bytes("contents"))
          try require(root.exists("elsewhere/file"), "bob is not where the directory says")
          directory.signal(SIGKILL)
          _ = directory.waitForExit(patience: .seconds(20))
          try require(try Self.code(server, "alice", "s\"e'cret ł") == 421, "a directory that is gone")
          try require(!server.process.errorText.contains("cret"), "the password is in the log")
        }
      }
    }

    /// A slapd with three people, in `place`.
    private static func startDirectory(
      _ place: TemporaryDirectory, _ root: TemporaryDirectory
    ) throws -> (ChildProcess, String) {
      try place.makeDirectory("ldap")
      let configuration = try place.write(
        "slapd.conf",
        """
        include /etc/ldap/schema/core.schema
        include /etc/ldap/schema/cosine.schema
        include /etc/ldap/schema/inetorgperson.schema
        modulepath /usr/lib/ldap
        moduleload back_mdb
        pidfile \(place.path)/slapd.pid
        database mdb
        maxsize 10485760
        suffix "dc=example,dc=org"
        rootdn "cn=admin,dc=example,dc=org"
        rootpw admin
        directory \(place.path)/ldap
        access to attrs=userPassword by anonymous auth by * none
        access to * by self read by * none
        """)
      let uri = "ldap://127.0.0.1:\(try Listener().endpoint.port)"
      let process = try ChildProcess([slapd ?? "", "-f", configuration, "-h", uri, "-d", "0"])
      func person(_ name: String, _ password: String, _ more: String) -> String {
        """

        dn: uid=\(name),ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        cn: \(name)
        sn: \(name)
        userPassword:: \(base64(password))
        \(more)

        """
      }
      let people =
        """
        dn: dc=example,dc=org
        objectClass: dcObject
        objectClass: organization
        o: Example

        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit

        """ + person("alice", "s\"e'cret ł", "employeeType: ftp")
        + person("bob", "secret", "employeeType: ftp\nroomNumber: \(root.path)/elsewhere")
        + person("dave", "secret", "employeeType: mail")
      let file = try place.write("people.ldif", people)
      var last = ""
      let isUp = Deadline.after(.seconds(60)).until {
        let result = try? run([
          "ldapadd", "-x", "-H", uri, "-D", "cn=admin,dc=example,dc=org", "-w", "admin", "-f", file,
        ])
        last = result?.errors ?? ""
        return result?.exitCode == 0
      }
      try require(isUp, "slapd does not work: \(last) \(process.errorText)")
      return (process, uri)
    }

    private static func base64(_ text: String) -> String {
      let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
      var result = ""
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let three = Array(bytes[start..<min(start + 3, bytes.count)]) + [0, 0]
        let number = Int(three[0]) << 16 | Int(three[1]) << 8 | Int(three[2])
        let count = min(3, bytes.count - start) + 1
        for place in 0..<4 { result += place < count ? String(letters[number >> (18 - 6 * place) & 63]) : "=" }
      }
      return result
    }
  }
}
