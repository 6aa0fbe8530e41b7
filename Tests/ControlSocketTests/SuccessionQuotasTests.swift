// weftpd upgrade where servers count quotas in PostgreSQL: the two processes have one name, one disk and one quota.

import Glibc
import TestSupport
import Testing

extension SuccessionTests {
  /// An upload under quota goes on in the old process and needs more than that held; then what is kept is what a recount finds.
  @Test(
    .enabled(if: PostgresServer.isAvailable, "PostgreSQL is not installed"), arguments: ["shared", "own"])
  func anUploadWithinAQuotaInPostgreSQLGoesOn(_ storage: String) throws {
    let database = try PostgresServer()
    let root = try TemporaryDirectory()
    let connection = database.socketConnection
    let hash = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"
    func weftpd(_ arguments: [String]) throws -> String {
      let result = try run([try Server.binary()] + arguments, patience: .seconds(120))
      try require(result.exitCode == 0, "\(arguments): \(result.errors)")
      return result.output
    }
    let options = ["--postgres", connection]
    _ = try weftpd(["user", "add", "alice", "--home", root.path, "--hash", hash] + options)
    _ = try weftpd(["user", "set", "alice", "quota=\(64 << 20)"] + options)
    let settings = [
      "accounts.backend=postgres", "accounts.postgres.connection=\(connection)", "accounts.roots=\(root.path)",
      "quotas.server=one", "quotas.storage=\(storage)",
    ]
    let line = try Line(settings, root: root)
    let server = line.control.server
    let client = try server.session("alice")
    try client.command("TYPE I", expecting: 200)
    #expect(try client.store("STOR a", pattern(1 << 20)).code == 226)
    let upload = try client.passive()
    try client.command("STOR b", expecting: 150)
    try upload.send(pattern(1 << 20))
    try line.upgrade()
    let other = try server.session("alice")
    try other.command("TYPE I", expecting: 200)
    #expect(try other.store("STOR c", pattern(2 << 20)).code == 226)
    // A server holds 16 MiB more than it needs.
    try upload.send(pattern(40 << 20))
    upload.close()
    try client.expect(226)
    // There are 20 MiB left, for both processes.
    for session in [client, other] {
      let data = try session.passive()
      try session.command("STOR d", expecting: 150)
      // The server may break it off.
      try? data.send(pattern(21 << 20))
      data.finishSending()
      try session.expect(552)
    }
    #expect(try client.store("STOR e", pattern(5 << 20)).code == 226)
    try client.quit()
    try line.waitForEnd(of: line.processes[0])
    try other.command("DELE c", expecting: 250)
    #expect(try other.store("STOR f", pattern(16 << 20)).code == 226)
    let truth = "\(63 << 20) bytes, 4 files in \(root.path)"
    let sets = settings.flatMap { ["--set", $0] }
    let isKept = Deadline.after(.seconds(60)).until {
      (try? weftpd(["quota", "show"] + sets))?.contains(truth) == true
    }
    let kept = try weftpd(["quota", "show"] + sets)
    #expect(isKept, "\(truth): kept is \(kept)")
    #expect(try weftpd(["quota", "scan", root.path] + sets) == truth + ", as before\n")
    try other.quit()
    try line.stop()
  }
}
