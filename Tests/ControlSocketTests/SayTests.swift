// Tests that clients read what the operator says, in replies that can carry it, and that programs are not disturbed by it.

import ControlProtocol
import ControlSocket
import Foundation
import TestSupport
import Testing

@Suite(.onThreads) struct SayTests {
  @Test func theNextReplyThatCanCarriesTheWords() throws {
    let control = try ControlledServer()
    let alice = try control.server.session("alice")
    let id = try control.sessions()[0].id
    #expect(try control.weftpd("say", "Maintenance at noon.", "--session", "\(id)").output == "1 session told\n")
    #expect(try control.weftpd("say", "Really.", "--all").output == "1 session told\n")
    // Replies of which programs read the text are left alone.
    for line in ["PWD", "PASV", "EPSV", "SIZE nothing", "FEAT", "STAT", "OPTS UTF8 ON", "MLST", "nonsense"] {
      #expect(try !alice.command(line).description.contains("Maintenance"), "\(line)")
    }
    let reply = try alice.command("NOOP", expecting: 200)
    #expect(reply.description.hasPrefix("200-Maintenance at noon.\n"), "\(reply)")
    #expect(reply.description.contains("Really."))
    #expect(try !alice.command("NOOP", expecting: 200).description.contains("Maintenance"))
    try waitForLog(control.server.process, "tells session \(id) \"Maintenance at noon.\"")
    // A transfer's end carries them too, and the transfer is whole.
    let (other, data) = try control.stalledDownload()
    #expect(try control.weftpd("say", "Two words", "--user", "alice").output == "2 sessions told\n")
    #expect(try data.readToEnd().count == 16 << 20)
    #expect(try other.expect(226).description.hasPrefix("226-Two words"))
    #expect(try control.weftpd("say", "x", "--user", "nobody").exitCode == 1)
    #expect(try control.weftpd("say", "a\nb", "--all").exitCode == 64)
    _ = alice
  }

  @Test func nobodyFillsASession() throws {
    let control = try ControlledServer()
    let alice = try control.server.session("alice")
    for number in 0..<8 { try control.ask(.say(.user(Array("alice".utf8)), words: "line \(number)")) }
    #expect(throws: ControlClientError.self) { try control.ask(.say(.user(Array("alice".utf8)), words: "one more")) }
    let reply = try alice.command("NOOP", expecting: 200).description
    #expect(reply.split(separator: "\n").count == 9, "\(reply)")
    try control.ask(.say(.user(Array("alice".utf8)), words: "again"))
  }

  /// A hundred times while each client works: none of them notices.
  @Test(arguments: ["curl", "lftp", "python3"]) func clientsAreNotDisturbed(_ client: String) throws {
    guard isInstalled(client) else { return print("\(client) is missing: skipped") }
    let control = try ControlledServer()
    let contents = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try control.server.root.write("file", contents)
    for name in ["deep", "deep/down"] { mkdir(control.server.root.path + "/" + name, 0o755) }
    try control.server.root.write("deep/down/file", contents)
    let (host, port) = ("127.0.0.1", control.server.endpoint.port)
    let (user, password) = ("alice", Server.password)
    let target = control.directory.path
    let command: [String]
    switch client {
    case "curl":
      command = (0..<10).flatMap { number in
        (number == 0 ? ["curl", "-sS", "--fail"] : ["--next", "-sS", "--fail"])
          + ["-u", "\(user):\(password)", "ftp://\(host):\(port)/deep/down/file", "-o", "\(target)/curl-\(number)"]
      }
    case "lftp":
      let gets = (0..<10).map {
        "get deep/down/file -o \(target)/lftp-\($0); cls deep/down; put \(target)/lftp-\($0) -o up\($0)"
      }
      command = [
        "lftp", "-e",
        "set ftp:ssl-allow no; set net:max-retries 1; set cmd:fail-exit true; " + gets.joined(separator: "; ")
          + "; bye",
        "-u", "\(user),\(password)", "ftp://\(host):\(port)",
      ]
    default:
      let script = """
        import ftplib, io
        ftp = ftplib.FTP()
        ftp.connect("\(host)", \(port), 60)
        ftp.login("\(user)", "\(password)")
        for number in range(10):
            ftp.cwd("/deep/down")
            taken = io.BytesIO()
            ftp.retrbinary("RETR file", taken.write)
            open("\(target)/python3-%d" % number, "wb").write(taken.getvalue())
            assert ftp.size("file") == 20000, ftp.size("file")
            assert ftp.pwd() == "/deep/down", ftp.pwd()
            assert ftp.nlst() == ["file"], ftp.nlst()
            ftp.cwd("/")
            ftp.storbinary("STOR up%d" % number, io.BytesIO(taken.getvalue()))
            ftp.rename("up%d" % number, "there%d" % number)
            ftp.delete("there%d" % number)
            assert ftp.mkd("d%d" % number) == "/d%d" % number
            ftp.rmd("d%d" % number)
            ftp.voidcmd("NOOP")
        ftp.quit()
        """
      command = ["python3", "-c", script]
    }
    let isOver = Flag()
    let path = control.path
    let talker = Thread {
      guard var talking = try? ControlClient(path: path) else { return }
      while !isOver.isSet {
        _ = try? talking.ask(.say(.address("127.0.0.0/8"), words: "213 227 (1,2,3,4,5,6) \"/x\" (|||7|)"))
      }
    }
    talker.start()
    defer { isOver.set() }
    let result = try run(command, patience: .seconds(120))
    #expect(result.exitCode == 0, "\(client): \(result.errors) \(result.output)")
    for number in 0..<10 {
      #expect(try control.directory.read("\(client)-\(number)") == contents, "\(client) \(number)")
    }
    isOver.set()
    // They have been told something, or this has shown nothing.
    #expect(control.server.process.errorText.contains("tells "), "nothing was said")
  }
}

private final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false
  var isSet: Bool { lock.withLock { value } }
  func set() { lock.withLock { value = true } }
}
