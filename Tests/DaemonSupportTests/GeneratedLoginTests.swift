// Tests the block a person pastes from.

import LinuxSystem
import Testing

@testable import DaemonSupport

@Suite struct GeneratedLoginTests {
  private func login(_ user: String, _ address: String, _ port: UInt16) throws -> GeneratedLogin {
    let password = try SingleUserPassword(environment: ["WEFTPD_PASSWORD": "pass\"word"])
    return GeneratedLogin(
      user: user, password: password, address: SocketAddress(try #require(IPAddress(address)), port: port))
  }

  @Test func forPeople() throws {
    #expect(
      try login("alice", "127.0.0.1", 2121).text
        == """

          URL       ftp://alice@127.0.0.1:2121/
          Host      127.0.0.1
          Port      2121
          User      alice
          Password  pass"word


        """.split(separator: "\n", omittingEmptySubsequences: false).map {
          $0.isEmpty ? "" : "  " + $0.drop { $0 == " " }
        }
        .joined(separator: "\n"))
  }

  @Test func oddNamesMakeAValidURL() throws {
    #expect(try login("a/b@ü", "::1", 21).url == "ftp://a%2fb%40%c3%bc@[::1]:21/")
  }

  @Test func awildcardCanBeConnectedTo() throws {
    #expect(try login("a", "0.0.0.0", 21).url == "ftp://a@127.0.0.1:21/")
    #expect(try login("a", "::", 21).url == "ftp://a@[::1]:21/")
  }

  @Test func forMachines() throws {
    let json = try login("alice", "127.0.0.1", 2121).json
    #expect(json.hasSuffix("\"user\":\"alice\",\"password\":\"pass\\\"word\"}\n"))
    #expect(json.utf8.filter { $0 == 0x0A }.count == 1)
  }
}
