// weftpd upgrade with a Unix socket for clients that are passed on: it goes along, and its sessions go on.

import Glibc
import TestSupport
import Testing

@Suite(.onThreads) struct SuccessionDoorTests {
  private static func session(_ path: String, _ client: String) throws -> FTPClient {
    let connection = try Connection(toSocket: path)
    try connection.send(bytes("PROXY TCP4 \(client) 127.0.0.1 40000 0\r\n"))
    let session = FTPClient(connection)
    try session.expect(220)
    try session.logIn("alice")
    try session.command("TYPE I", expecting: 200)
    return session
  }

  private static func download(_ session: FTPClient) throws -> [UInt8] {
    let data = try session.passive()
    try session.command("RETR file", expecting: 150)
    let content = try data.readToEnd()
    try session.expect(226)
    return content
  }

  @Test func theSocketGoesAlong() throws {
    let place = try TemporaryDirectory()
    // As long as a path of a socket may well be.
    let name = String(repeating: "d", count: max(1, 100 - place.path.utf8.count))
    try place.makeDirectory(name)
    let path = place.path(of: name + "/ftp")
    let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    let line = try SuccessionTests.Line(["proxy.socket=\(path)", "proxy.socket-user=\(user)"])
    let content = pattern(50_000)
    try line.control.server.root.write("file", content)
    let first = try Self.session(path, "192.0.2.7")
    #expect(try line.control.status().listeners.last == "unix:\(path)")
    var before = stat()
    try require(lstat(path, &before) == 0, "there is no socket")
    for round in 0..<2 {
      try line.upgrade()
      var after = stat()
      try require(lstat(path, &after) == 0, "the socket is gone")
      #expect(after.st_ino == before.st_ino, "it is another socket")
      // Who was there goes on in the old process, and who comes is served by the new one.
      #expect(try Self.download(first) == content)
      let next = try Self.session(path, "192.0.2.\(8 + round)")
      #expect(try Self.download(next) == content)
      let sessions = try line.control.sessions().map { "\($0.peer)" }
      #expect(sessions.contains { $0.contains("192.0.2.\(8 + round)") }, "\(sessions)")
      try next.quit()
    }
    try first.quit()
    try line.stop()
  }
}
