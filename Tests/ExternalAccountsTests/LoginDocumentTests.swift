// The question that an authority gets, and what is made of its answer.

import Accounts
import LinuxSystem
import Testing

@testable import ExternalAccounts

@Suite struct LoginDocumentTests {
  static func question(_ user: [UInt8] = bytes("alice"), _ password: [UInt8] = bytes("s\"3\\cret")) throws
    -> LoginQuestion
  {
    LoginQuestion(
      user: user, password: password, peer: try #require(IPAddress("192.0.2.7")),
      server: SocketAddress(try #require(IPAddress("198.51.100.1")), port: 21), host: "ftp.example.org",
      tls: .init(
        summary: "TLSv1.3 TLS_AES_256_GCM_SHA384", serverName: "ftp.example.org",
        certificate: CertificateHolder(
          commonNames: [bytes("laptop")], alternativeNames: [bytes("a@example.org")],
          fingerprint: [UInt8](repeating: 0xAB, count: 32))))
  }

  @Test func theQuestion() throws {
    let document = try #require(LoginDocument.question(try Self.question()))
    #expect(
      try JSONValue(document)
        == .object([
          "version": .number("1"), "protocol": .string("ftp"), "user": .string("alice"),
          "password": .string("s\"3\\cret"),
          "peer": .object(["address": .string("192.0.2.7")]),
          "server": .object(["address": .string("198.51.100.1"), "port": .number("21")]),
          "host": .string("ftp.example.org"),
          "tls": .object([
            "version": .string("TLSv1.3"), "cipher": .string("TLS_AES_256_GCM_SHA384"),
            "server_name": .string("ftp.example.org"),
            "certificate": .object([
              "fingerprint": .string(String(repeating: "ab", count: 32)), "common_names": .list([.string("laptop")]),
              "alternative_names": .list([.string("a@example.org")]),
            ]),
          ]),
        ]))
    #expect(LoginDocument.question(try Self.question([0xFF])) == nil)
    #expect(LoginDocument.question(try Self.question(bytes("a"), [0xE4])) == nil)
  }

  private func verdict(_ text: String) throws -> AuthorityVerdict {
    try LoginDocument.verdict(bytes(text), user: bytes("alice"))
  }

  @Test func answers() throws {
    #expect(try verdict(#"{"allow": false}"#) == .refused)
    #expect(try verdict(#"{"allow": false, "reason": "expired"}"#) == .refused)
    let text =
      #"{"allow": true, "entry": {"home": "/srv/alice", "access": "list+read", "admin": true, "sessions": 5, "tls": null}}"#
    guard case .allowed(let entry) = try verdict(text) else {
      Issue.record("not allowed")
      return
    }
    #expect(entry.name == bytes("alice") && entry.home == "/srv/alice" && entry.permissions == [.list, .read])
    #expect(entry.options.isAdministrator && entry.options.sessions == 5 && entry.isLocked)
    let lists = #"{"allow": true, "entry": {"home": "/a", "access": "rw", "hide": [".*", "/x"], "deny": ["*.exe"]}}"#
    guard case .allowed(let other) = try verdict(lists) else { throw JSONError("is no list") }
    #expect(other.options.hidden.map(\.text) == [".*", "/x"] && other.options.denied.map(\.text) == ["*.exe"])
  }

  @Test(arguments: [
    "", "no", "[]", "{}", #"{"allow": "yes"}"#, #"{"allow": 1}"#, #"{"allow": true}"#, #"{"allow": true, "entry": []}"#,
    #"{"allow": true, "entry": {"home": "/srv/a"}}"#, #"{"allow": true, "entry": {"access": "rw"}}"#,
    #"{"allow": true, "entry": {"home": "srv", "access": "rw"}}"#,
    #"{"allow": true, "entry": {"home": "/../x", "access": "rw"}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "everything"}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "colour": "red"}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "admin": "perhaps"}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "totp": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "group-sessions": 5}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "mounts": ["a=/b", 1]}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "mounts": []}}"#,
    #"{"allow": true, "entry": {"home": "/a", "access": "rw", "mounts": {"a": "/b"}}}"#,
  ])
  func wrongAnswersLetNobodyIn(_ text: String) { #expect(throws: JSONError.self) { try verdict(text) } }
}
