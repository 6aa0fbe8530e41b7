// Every method of Python's ftplib has a counterpart here; the table is compiled, and each row is run against a server.

import FTPClient
import FTPProtocol
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct FtplibTests {
  private typealias Call = @Sendable (ClientSession, Peer) async throws -> Void

  /// ftplib's public methods (Python 3.13, ftplib.FTP and FTP_TLS), and the call that does the same.
  private static let table: [(method: String, call: Call)] = [
    ("connect", { (_, peer) async throws in await (try peer.connect()).quit() }),
    (
      "login",
      { (_, peer) async throws in
        let other = try await peer.connect()
        try await other.login(Credentials(user: "bob", password: "secret"))
        await other.quit()
      }
    ),
    ("getwelcome", { (session, _) async throws in #expect(await session.welcome.first?.code == 220) }),
    (
      "set_debuglevel",
      { (_, _) async throws in #expect(ClientOptions.inClear.with { $0.trace = { _ in } }.trace != nil) }
    ),
    (
      "set_pasv",
      { (_, _) async throws in #expect(ClientOptions.inClear.with { $0.dataMode = .active }.dataMode == .active) }
    ),
    ("sendcmd", { (session, _) async throws in #expect(try await session.quote("NOOP").code == 200) }),
    ("voidcmd", { (session, _) async throws in try await session.noop() }),
    ("abort", { (session, _) async throws in try await session.read("a") { _ in } }),
    ("retrbinary", { (session, _) async throws in #expect(try await contents(session, "a") == [1, 2, 3]) }),
    (
      "retrlines",
      { (session, _) async throws in
        await session.use(TransferFormat(type: .ascii(.nonPrint)))
        #expect(try await contents(session, "text") == Array("x\ny\n".utf8))
      }
    ),
    ("storbinary", { (session, _) async throws in try await session.write("b", from: pieces([4], of: 1)) }),
    (
      "storlines",
      { (session, _) async throws in
        await session.use(TransferFormat(type: .ascii(.nonPrint)))
        try await session.write("c", from: pieces(Array("z\n".utf8), of: 1))
      }
    ),
    ("transfercmd", { (session, _) async throws in try await session.read("a", from: 1) { _ in } }),
    ("ntransfercmd", { (session, _) async throws in try await session.read("a", expecting: 3) { _ in } }),
    ("acct", { (_, _) async throws in #expect(Credentials(user: [], account: [1]).account == [1]) }),
    (
      "nlst",
      { (session, _) async throws in #expect(try await session.list(nil, .names).contains { $0.name == [0x61] }) }
    ),
    ("dir", { (session, _) async throws in #expect(try await !session.listingLines().isEmpty) }),
    ("mlsd", { (session, _) async throws in #expect(try await session.list(nil, .machine).contains { $0.size == 3 }) }),
    ("rename", { (session, _) async throws in try await session.rename("a", to: "renamed") }),
    ("delete", { (session, _) async throws in try await session.delete("a") }),
    ("cwd", { (session, _) async throws in try await session.changeDirectory("d") }),
    ("size", { (session, _) async throws in #expect(try await session.size("a") == 3) }),
    ("mkd", { (session, _) async throws in #expect(try await session.makeDirectory("e") == "/e") }),
    ("rmd", { (session, _) async throws in try await session.removeDirectory("d") }),
    ("pwd", { (session, _) async throws in #expect(try await session.workingDirectory() == "/") }),
    ("quit", { (session, _) async throws in await session.quit() }),
    ("close", { (session, _) async throws in await session.close() }),
    (
      "auth",
      { (_, peer) async throws in
        let other = try await peer.connect(.underTLS)
        #expect(await other.protection != nil)
        await other.quit()
      }
    ),
    ("prot_p", { (_, _) async throws in #expect(!ClientOptions().clearData) }),
    ("prot_c", { (_, _) async throws in #expect(ClientOptions.inClear.with { $0.clearData = true }.clearData) }),
  ]

  @Test func everyMethodHasACounterpart() async throws {
    try await Peer.with { peer in
      for (method, call) in Self.table {
        for name in try peer.home.names() { removeTree(peer.home.path(of: name)) }
        try peer.home.write("a", [1, 2, 3])
        try peer.home.write("text", "x\ny\n")
        try peer.home.makeDirectory("d")
        let session = try await peer.connect()
        try await session.login(Credentials(user: "bob", password: "secret"))
        do { try await call(session, peer) } catch { Issue.record("\(method): \(error)") }
        await session.quit()
      }
    }
  }

  /// Python's own list, where there is a Python: a new method of ftplib is a new row here. `ccc`, `voidresp` and the like are not what a
  /// caller does: they clear the protection, or are halves of other calls.
  @Test(.enabled(if: isInstalled("python3"), "python3 is not installed")) func theTableIsWhole() throws {
    let program =
      "import ftplib; print(' '.join(n for n in dir(ftplib.FTP_TLS) if n[0] != '_' and callable(getattr(ftplib.FTP_TLS, n))))"
    let result = try TestSupport.run(["python3", "-c", program])
    let halves: Set<String> = [
      "ccc", "debug", "getline", "getmultiline", "getresp", "makepasv", "makeport", "ntransfercmd", "parse150",
      "putcmd",
      "putline", "sanitize", "sendeprt", "sendport", "voidresp", "ssl_version",
    ]
    let known = Set(Self.table.map(\.method))
    let missing = result.output.split(whereSeparator: \.isWhitespace).map(String.init)
      .filter { !known.contains($0) && !halves.contains($0) }
    #expect(missing == [])
  }
}
