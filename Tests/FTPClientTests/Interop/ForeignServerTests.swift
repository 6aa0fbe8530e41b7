// The client against vsftpd, Pure-FTPd, ProFTPD, pyftpdlib and inetutils-ftpd: in clear and under TLS, passive and active, over IPv4 and IPv6, bytes compared.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .onThreads) struct ForeignServerTests {
  private static let content = pattern(2_345_678, seed: 15)

  private static let available = ForeignServer.allCases.filter(\.isThere)
  private static let isAnyThere: ConditionTrait = .enabled(
    if: !available.isEmpty, "no foreign server here: Tests/Bench/peers/fetch.sh .bench fetches them, and they need root"
  )

  private func certificate(in place: TemporaryDirectory) throws -> String {
    let path = place.path(of: "both.pem")
    try TestSupport.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=localhost", "-keyout", path, "-out", place.path(of: "cert.pem"),
    ])
    try place.write("both.pem", try place.read("both.pem") + place.read("cert.pem"), mode: 0o600)
    return path
  }

  private func options(_ underTLS: Bool, _ mode: ClientOptions.DataMode) -> ClientOptions {
    (underTLS ? ClientOptions.underTLS : .inClear).with { $0.dataMode = mode }
  }

  @Test(isAnyThere, arguments: available, [false, true])
  func filesBothWays(_ server: ForeignServer, _ underTLS: Bool) async throws {
    if underTLS, !server.hasTLS { return }
    let place = try TemporaryDirectory()
    let pem = underTLS ? try certificate(in: place) : nil
    let runtime = try ClientRuntime()
    try await server.with(certificate: pem) { port, root in
      for mode in [ClientOptions.DataMode.automatic, .active] {
        let session = try await ClientSession.connect(
          to: "127.0.0.1", port: port, options: options(underTLS, mode), runtime: runtime)
        try await session.login(Credentials(user: "user", password: ForeignServer.password))
        let base = RemotePath("up")
        try await transfer(session, base, root)
        try await manyFiles(session, base, root)
        try await segments(session, base, root) { () async throws(ClientError) in
          let other = try await ClientSession.connect(
            to: "127.0.0.1", port: port, options: options(underTLS, mode), runtime: runtime)
          try await other.login(Credentials(user: "user", password: ForeignServer.password))
          return other
        }
        try await commands(session, base)
        try await giveUp(session, server, root)
        await session.quit()
      }
    }
  }

  @Test(isAnyThere, arguments: available) func filesOverIPv6(_ server: ForeignServer) async throws {
    let place = try TemporaryDirectory()
    let pem = server.hasTLS ? try certificate(in: place) : nil
    let runtime = try ClientRuntime()
    try await server.with(certificate: pem, address: "::1") { port, root in
      for underTLS in server.hasTLS ? [false, true] : [false] {
        // EPSV, then EPRT: PASV and PORT have no words for such an address.
        for mode in [ClientOptions.DataMode.passive, .active] {
          let said = Mutex<[String]>([])
          var options = options(underTLS, mode)
          options.trace = { event in if case .sent(let line) = event { said.withLock { $0.append(line) } } }
          let session = try await ClientSession.connect(to: "::1", port: port, options: options, runtime: runtime)
          try await session.login(Credentials(user: "user", password: ForeignServer.password))
          #expect(await (session.protection != nil) == underTLS)
          let path: RemotePath = "up/six"
          try await session.write(path, from: pieces(Self.content, of: 100_000))
          #expect(try root.read("up/six") == Self.content)
          #expect(try await contents(session, path) == Self.content)
          #expect(try await session.list("up").map(\.name) == [Array("six".utf8)])
          try await session.delete(path)
          await session.quit()
          let verbs = Set(said.withLock { $0 }.compactMap { $0.split(separator: " ").first.map(String.init) })
          #expect(verbs.contains(mode == .active ? "EPRT" : "EPSV"))
          #expect(verbs.isDisjoint(with: ["PASV", "PORT", mode == .active ? "EPSV" : "EPRT"]))
        }
      }
    }
  }

  /// A file over three connections: by REST, broken off behind the last byte that is wanted. Up it goes over one.
  private func segments(
    _ session: ClientSession, _ base: RemotePath, _ root: TemporaryDirectory,
    _ open: @escaping @Sendable () async throws(ClientError) -> ClientSession
  ) async throws {
    let here = try TemporaryDirectory()
    let directory = try LocalDirectory(here.path)
    let content = pattern(6_000_001, seed: 16)
    try root.write("large", content)
    let pool = SessionPool(limit: 5, open: open)
    var options = SegmentOptions(.count(3))
    options.block = 100_000
    let down = SegmentedTransfer(session, pool: pool, options)
    _ = try await down.fetch("large", to: Array("large".utf8), in: directory)
    #expect(try here.read("large") == content)
    #expect(try here.names() == ["large"])
    #expect(down.progress.transfers >= 3)
    let up = SegmentedTransfer(session, pool: pool, options)
    _ = try await up.deliver(Array("large".utf8), in: directory, to: base.appending(Array("large".utf8)))
    #expect(try root.read("up/large") == content)
    await pool.quit()
    try await session.delete(base.appending(Array("large".utf8)))
  }

  private func transfer(_ session: ClientSession, _ base: RemotePath, _ root: TemporaryDirectory) async throws {
    let path = base.appending(Array("a b.bin".utf8))
    let sent = try await session.write(path, from: pieces(Self.content, of: 100_000))
    #expect(sent.bytes == UInt64(Self.content.count))
    #expect(try root.read("up/a b.bin") == Self.content)
    #expect(try await contents(session, path) == Self.content)
    #expect(try await contents(session, path, from: 2_345_000) == Array(Self.content[2_345_000...]))
    try await session.write(base.appending(Array("empty".utf8)), from: pieces([], of: 1))
    #expect(try await contents(session, base.appending(Array("empty".utf8))) == [])
    let local = try TemporaryDirectory()
    let directory = try LocalDirectory(local.path)
    try local.write(".copy.weftp-part", Array(Self.content[..<1_000_000]))
    try await session.fetch(path, to: Array("copy".utf8), in: directory)
    #expect(try local.read("copy") == Self.content)
    // A second run of a mirror moves nothing.
    let mirror = Mirror(.down, session, local: directory, remote: base)
    _ = try await mirror.run(try await mirror.plan().plan)
    #expect(try local.read("a b.bin") == Self.content)
    let again = try await mirror.plan().plan
    #expect(again.isEmpty, "\(again.copies)")
  }

  /// Small files in a pipeline, both ways: whatever the server makes of commands that are sent ahead, the bytes are right.
  private func manyFiles(_ session: ClientSession, _ base: RemotePath, _ root: TemporaryDirectory) async throws {
    let place = try TemporaryDirectory()
    for directory in ["in", "out"] { try place.makeDirectory(directory) }
    for index in 0..<25 { try place.write("in/f\(index)", pattern(index * 997, seed: UInt64(index))) }
    let there = base.appending(Array("many".utf8))
    for (direction, local) in [(Mirror.Direction.up, "in"), (.down, "out")] {
      let mirror = Mirror(direction, session, local: try LocalDirectory(place.path(of: local)), remote: there)
      let report = try await mirror.run(try await mirror.plan().plan)
      #expect(report.copied == 25 && report.failures.isEmpty, "\(report.failures)")
      #expect(try await mirror.plan().plan.isEmpty)
    }
    for index in 0..<25 {
      let bytes = pattern(index * 997, seed: UInt64(index))
      try require(try root.read("up/many/f\(index)") == bytes, "sent f\(index)")
      try require(try place.read("out/f\(index)") == bytes, "fetched f\(index)")
    }
    for entry in try await session.list(there) { try await session.delete(there.appending(entry.name)) }
    try await session.removeDirectory(there)
  }

  private func commands(_ session: ClientSession, _ base: RemotePath) async throws {
    let names = Set(try await session.list(base).map(\.name))
    #expect(names == [Array("a b.bin".utf8), Array("empty".utf8)])
    #expect(try await session.list(base, .list).first { $0.name == Array("a b.bin".utf8) }?.size == 2_345_678)
    #expect(try await session.size(base.appending(Array("a b.bin".utf8))) == 2_345_678)
    let directory = base.appending(Array("ü \"x\"".utf8))
    try await session.makeDirectory(directory)
    #expect(try await session.isDirectory(directory))
    try await session.rename(directory, to: base.appending(Array("moved".utf8)))
    try await session.removeDirectory(base.appending(Array("moved".utf8)))
    try await session.delete(base.appending(Array("empty".utf8)))
    let error = try await clientError { _ = try await contents(session, base.appending(Array("empty".utf8))) }
    #expect(error.code == .refused)
    #expect(try await !session.system().isEmpty)
    try await session.noop()
  }

  /// Transfers that are given up leave the session usable, whatever the server answers to ABOR.
  private func giveUp(_ session: ClientSession, _ server: ForeignServer, _ root: TemporaryDirectory) async throws {
    if !root.exists("endless") { try root.makeSparse("endless", size: 1 << 33) }
    for _ in 0..<3 {
      let count = try await session.read("endless") { bytes -> Int in
        for try await piece in bytes { return piece.count }
        return 0
      }
      #expect(count > 0)
      let home = server.confines ? "/" : root.path
      #expect(try await session.workingDirectory() == RemotePath(Array(home.utf8)))
    }
    #expect(try await contents(session, "up/a b.bin") == Self.content)
  }

  /// Bytes that a server gives another meaning in names, or refuses.
  private func isOwn(_ byte: UInt8, _ server: ForeignServer) -> Bool {
    switch server {
    // It takes names for UTF-8, and replies in it.
    case .pyftpdlib: byte >= 0x80
    // It puts others in the place of control characters, and refuses the backslash.
    case .pureFTPd: byte < 0x20 || byte == 0x7F || byte == 0x5C
    default: false
    }
  }

  @Test(isAnyThere, arguments: available) func namesOfEveryByte(_ server: ForeignServer) async throws {
    let runtime = try ClientRuntime()
    try await server.with(certificate: nil) { port, root in
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(Credentials(user: "user", password: ForeignServer.password))
      var expected: Set<[UInt8]> = []
      var refused: [UInt8] = []
      for byte in (1...255) as ClosedRange<UInt8> where ![0x0A, 0x0D, 0x2F].contains(byte) && !isOwn(byte, server) {
        let name: [UInt8] = [0x61, byte, 0x62]
        do throws(ClientError) {
          try await session.write(RemotePath("up").appending(name), from: pieces([byte], of: 1))
          expected.insert(name)
        } catch {
          guard error.code == .refused else { throw error }
          refused.append(byte)
        }
      }
      #expect(refused.isEmpty, "\(refused)")
      let listed = try await session.list("up")
      let names = Set(listed.map(\.name))
      #expect(names.symmetricDifference(expected) == [])
      for name in expected.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let path = RemotePath("up").appending(name)
        try require(try await contents(session, path) == [name[1]], "\(path) has other bytes")
        try await session.delete(path)
      }
      #expect(try await session.list("up").isEmpty)
      // What would be another command is not sent at all.
      for byte in [0x0A, 0x0D, 0x00] as [UInt8] {
        let error = try await clientError { try await session.delete(RemotePath([0x61, byte, 0x62])) }
        #expect(error.code == .usage)
      }
      await session.quit()
    }
  }

  @Test(isAnyThere, arguments: available) func listingsOfTenThousand(_ server: ForeignServer) async throws {
    let runtime = try ClientRuntime()
    try await server.with(certificate: nil) { port, root in
      for index in 0..<10_000 { try root.write("up/file \(index)", []) }
      let session = try await ClientSession.connect(
        to: "127.0.0.1", port: port, options: .inClear, runtime: runtime)
      try await session.login(Credentials(user: "user", password: ForeignServer.password))
      let names = Set(try await session.list("up").map { String(decoding: $0.name, as: UTF8.self) })
      #expect(names.count == 10_000 && names.contains("file 9999"))
      await session.quit()
    }
  }
}
