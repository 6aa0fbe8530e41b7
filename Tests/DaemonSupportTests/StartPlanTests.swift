// Tests that everything a start would be refused for is found, all of it at once, and that nothing is changed by looking.

import Accounts
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import DaemonSupport

@Suite struct StartPlanTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Sources by which a start would succeed, but for `assignments`.
  private func sources(
    _ assignments: [String], environment: [String: String] = [:], config: String? = nil
  ) -> SettingsSources {
    let always = [
      "accounts.root=\(directory.path)", "accounts.anonymous=yes", "server.allow-root=\(getuid() == 0)",
    ]
    return SettingsSources(configPath: config, environment: environment, assignments: always + assignments)
  }

  private func problems(
    _ assignments: String..., environment: [String: String] = [:], config: String? = nil
  ) -> [String] {
    StartPlan.examine(sources(assignments, environment: environment, config: config), hashing: false)
      .problems.map(\.description)
  }

  @Test func nothingWrong() throws {
    let found = StartPlan.examine(sources([]), hashing: false)
    #expect(found.problems.isEmpty)
    #expect(found.plan != nil)
  }

  /// The one password of `accounts.user` is in memory only: neither the start nor a login waits for a hash that takes long.
  @Test func theOnePasswordHasAHashThatIsMadeAtOnce() async throws {
    let environment = ["WEFTPD_PASSWORD": "correct horse"]
    let found = StartPlan.examine(sources(["accounts.user=alice"], environment: environment))
    let hash = try #require(found.plan?.hash)
    #expect(PasswordHash.kind(of: hash) == .sha512crypt)
    #expect(await PasswordVerifier().verify(Array("correct horse".utf8), hash: hash))
    #expect(await !PasswordVerifier().verify(Array("correct hors".utf8), hash: hash))
  }

  @Test(arguments: [
    ("tls.certificate=/nowhere", "--set: tls.certificate: \"/nowhere\" cannot be read: No such file or directory"),
    ("server.user=no-such-user", "--set: server.user: there is no user \"no-such-user\" on this system"),
    ("log.xferlog=/no-such-place/log", "--set: log.xferlog: \"/no-such-place/log\" cannot be opened: No such file"),
    ("accounts.table=/nowhere", "--set: accounts.table: /nowhere"),
    ("hosts.names=ftp.example.org\nhosts.ftp.example.org.users=/nowhere", "hosts.ftp.example.org.users: /nowhere"),
    (
      "hosts.names=ftp.example.org\nhosts.ftp.example.org.certificate=/nowhere",
      "--set: hosts.ftp.example.org.certificate: \"/nowhere\" cannot be read"
    ),
    (
      "tls.client-verify=required\ntls.client-ca=/nowhere", "--set: tls.client-ca: \"/nowhere\" cannot be read: No such"
    ),
  ])
  func whatAStartIsRefusedFor(_ assignments: String, _ words: String) {
    let examined = StartPlan.examine(
      sources(assignments.split(separator: "\n").map(String.init)), hashing: false)
    #expect(examined.problems.count == 1)
    #expect(examined.problems.first?.description.contains(words) == true, "\(examined.problems)")
    #expect(examined.plan == nil)
  }

  @Test func aSocketForWhomOneUserPassesOn() throws {
    let user = try #require(try UserDatabase.user(geteuid()))
    let path = directory.path(of: "ftp")
    let found = StartPlan.examine(
      sources(["proxy.socket=\(path)", "proxy.socket-user=\(user.name)"]), hashing: false)
    #expect(found.problems.isEmpty, "\(found.problems)")
    #expect(found.plan?.door == LocalDoor(path: path, user: user.user, name: user.name))
    #expect(!File.exists(path))
    #expect(
      problems("proxy.socket=\(path)", "proxy.socket-user=no-such-user") == [
        "--set: proxy.socket-user: there is no user \"no-such-user\" on this system; name the one that weftpd-console runs as"
      ])
    chmod(directory.path, 0o1777)
    let told = problems("proxy.socket=\(path)", "proxy.socket-user=\(user.name)")
    #expect(told.count == 1 && told[0].contains("proxy.socket: \"\(path)\" is in \(directory.path), where others may"))
  }

  @Test func aPasswordFileThatIsMissing() {
    let told = problems("accounts.user=alice", environment: ["WEFTPD_PASSWORD_FILE": "/nowhere"])
    #expect(told == ["WEFTPD_PASSWORD_FILE: /nowhere: cannot be read: No such file or directory"])
  }

  @Test func everythingAtOnce() throws {
    let told = problems(
      "tls.certificate=/nowhere,/nothing", "tls.client-verify=optional", "tls.client-ca=/none", "log.xferlog=/no/log",
      "accounts.table=/nix", "hosts.names=a.example", "hosts.a.example.users=/nil", "server.user=no-such-user",
      "accounts.anonymous-root=/nada")
    for words in [
      "/nowhere", "/nothing", "tls.client-ca", "log.xferlog", "/nix", "/nil", "server.user", "accounts.anonymous-root",
    ] {
      #expect(told.contains { $0.contains(words) }, "\(words) is missing: \(told)")
    }
    #expect(told.count == 8)
  }

  @Test func aBrokenFileHidesNothingOfTheOtherSources() throws {
    let config = try directory.write("bad.yaml", "a: b: c\n")
    let told = problems("tls.certificate=/nowhere", "accounts.table=/nix", config: config)
    #expect(told.count == 3)
    #expect(told.first?.hasPrefix("\(config):1: is not valid YAML") == true)
    #expect(told.contains { $0.contains("/nowhere") } && told.contains { $0.contains("/nix") })
    // What is missing may stand in the file that could not be read.
    let alone = StartPlan.examine(SettingsSources(configPath: config), hashing: false).problems
    #expect(alone.map(\.key) == [""])
  }

  @Test func lookingMakesNoTransferLog() {
    let path = directory.path + "/log"
    #expect(problems("log.xferlog=\(path)").isEmpty)
    #expect(access(path, F_OK) != 0)
  }

  @Test func addressesAreTriedWithoutListening() throws {
    let taken = try Listener()
    func examine(_ address: String) throws -> ListenCheck.Result {
      ListenCheck.examine(try SettingsSources(assignments: ["listen=\(address)"]).load())
    }
    #expect(try examine("127.0.0.1:0,*:0") == ListenCheck.Result())
    let used = try examine("\(taken.endpoint)")
    #expect(used.problems.isEmpty)
    #expect(used.warnings.first?.message.contains("weftpd runs already") == true)
    let foreign = try examine("192.0.2.1:0")
    #expect(foreign.problems.first?.message.contains("no interface of this host has this address") == true)
  }
}
