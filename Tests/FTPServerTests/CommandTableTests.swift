// Tests that the table of commands is complete and that what it announces is true.

import FTPProtocol
import Glibc
import LinuxSystem
import Testing

@testable import FTPServer

@Suite struct CommandTableTests {
  /// The verbs that are built (RFC 959, RFC 2389, RFC 2428, RFC 3659 and the customs).
  static let built = """
    USER PASS ACCT REIN HOST SMNT QUIT
    CWD CDUP PWD XCWD XCUP XPWD MKD XMKD RMD XRMD
    DELE RNFR RNTO SIZE MDTM MFMT MLST SITE
    RETR STOR APPE STOU ALLO REST ABOR LIST NLST MLSD
    TYPE MODE STRU OPTS CLNT CSID LANG
    PASV EPSV PORT EPRT LPSV LPRT PRET
    AUTH PBSZ PROT CCC SSCN CPSV
    HASH RANG XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512 COMB AVBL DSIZ MFCT MFF
    SYST STAT HELP FEAT NOOP
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  /// All of RFC 959, section 4.1.
  static let rfc959 = """
    USER PASS ACCT CWD CDUP SMNT QUIT REIN PORT PASV TYPE STRU MODE RETR STOR STOU APPE ALLO REST RNFR RNTO ABOR DELE RMD
    MKD PWD LIST NLST SITE SYST STAT HELP NOOP
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  private func verb(_ text: String) throws -> Verb { try #require(Array(text.utf8).withUnsafeBytes { Verb($0) }) }

  @Test func everyVerbOnce() {
    let verbs = CommandTable.rows.map(\.verb)
    #expect(Set(verbs).count == verbs.count)
  }

  @Test(arguments: built)
  func isBuilt(_ text: String) throws {
    let row = try #require(CommandTable.row(verb(text)))
    #expect(row.isBuilt)
    #expect("\(row.verb)" == text)
  }

  @Test func nothingElseIsBuilt() {
    #expect(Set(CommandTable.rows.filter(\.isBuilt).map { "\($0.verb)" }) == Set(Self.built))
  }

  @Test(arguments: rfc959)
  func ofTheRFCNoVerbIsUnknown(_ text: String) throws {
    #expect(CommandTable.row(try verb(text)) != nil)
  }

  @Test func whatIsNoVerbHasNoRow() throws {
    for text in ["XYZZY", "GET", "HELO", "A"] { #expect(CommandTable.row(try verb(text)) == nil) }
  }

  @Test func rowsAreOfOnePiece() {
    for row in CommandTable.rows {
      #expect(row.syntax.split(separator: " ").first.map(String.init) == "\(row.verb)")
      #expect(!row.source.isEmpty)
      if row.isBuilt {
        #expect(row.argument != .none || row.syntax == "\(row.verb)", "\(row.verb)")
        #expect(row.argument == .none || row.syntax != "\(row.verb)", "\(row.verb)")
      }
      // What is answered in the middle of a transfer cannot wait for anything.
      if row.traits.contains(.duringTransfer) {
        guard case .immediate = row.handler else {
          Issue.record("\(row.verb) would have to wait during a transfer")
          continue
        }
      }
      if let feature = row.feature {
        #expect(row.isBuilt)
        #expect(feature.split(separator: " ").first.map(String.init) == "\(row.verb)")
      }
    }
  }

  /// Only what tells nothing of the files and changes nothing may come before the login.
  @Test func theDoorIsShut() {
    let open = Set(CommandTable.rows.filter { $0.isBuilt && $0.traits.contains(.beforeLogin) }.map { "\($0.verb)" })
    #expect(
      open == [
        "USER", "PASS", "ACCT", "REIN", "HOST", "QUIT",
        "TYPE", "MODE", "STRU", "OPTS", "CLNT", "CSID", "LANG",
        "SYST", "HELP", "FEAT", "NOOP", "STAT",
        // Of SITE only HELP; of STAT nothing that names a file.
        "SITE",
        "AUTH", "PBSZ", "PROT", "CCC",
      ])
  }

  @Test func theTransferCommandsGetTheOffset() throws {
    for text in ["RETR", "STOR", "REST", "PASV", "EPSV", "LPSV", "PORT", "EPRT", "LPRT", "PRET", "TYPE"] {
      #expect(try #require(CommandTable.row(verb(text))).traits.contains(.keepsRestart), "\(text)")
    }
  }

  // MARK: HELP and FEAT

  @Test func helpListsWhatIsBuilt() async throws {
    let reply = try await makeSession().help(Command(verb: "HELP"))
    #expect(reply.code == 214)
    let words = reply.lines.flatMap { $0.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) } }
    // What is answered 502 or 504 is not listed: this session's server has no TLS, and MFCT is never carried out.
    let refused = Set(CommandTable.security.map { "\($0.verb)" } + ["MFCT"])
    #expect(words.sorted() == Self.built.filter { !refused.contains($0) }.sorted())
    #expect(reply.lines.allSatisfy { $0.count <= 78 })
  }

  @Test func helpKnowsEveryRow() async throws {
    let session = try makeSession()
    for row in CommandTable.rows {
      for name in ["\(row.verb)", "\(row.verb)".lowercased()] {
        let reply = try await session.help(Command(verb: "HELP", argument: Array(name.utf8)))
        #expect(reply.code == 214)
        let text = String(decoding: reply.encoded, as: UTF8.self)
        let isOff = CommandTable.security.contains { $0.verb == row.verb }
        #expect(text.contains(!row.isBuilt ? "not implemented" : isOff ? "switched off" : row.syntax))
      }
    }
    for name in ["XYZZY", "TOOLONGVERB", "R TR", "é"] {
      await #expect { try await session.help(Command(verb: "HELP", argument: Array(name.utf8))) } throws: {
        ($0 as? FTPError)?.reply.code == 501
      }
    }
  }

  private func features(_ session: Session) async throws -> [String] {
    let reply = try await session.features(Command(verb: "FEAT"))
    #expect(reply.code == 211)
    // Exactly one space in front of each (RFC 2389, section 3.2).
    #expect(reply.lines.allSatisfy { $0.first == 0x20 && $0.dropFirst().first != 0x20 })
    return reply.lines.map { String(decoding: $0.dropFirst(), as: UTF8.self) }
  }

  @Test func featuresAreThoseOfTheTable() async throws {
    let features = try await features(makeSession())
    #expect(Set(features).count == features.count)
    let special = ["MLST", "LANG", "HASH"]
    // This session's server has no TLS to announce.
    let security = Set(CommandTable.security.map(\.verb))
    let rows = CommandTable.rows.filter { !security.contains($0.verb) }
    let expected =
      rows.compactMap(\.feature).filter { !special.contains($0) } + [
        "TVFS", "UTF8", "LIMITS connections;total;file;connection;block;",
      ]
    for feature in expected { #expect(features.contains(feature), "\(feature)") }
    #expect(features.contains { $0.hasPrefix("MLST type*;size*;") })
    #expect(features.contains("LANG EN*;DE;FR;ES;JA"))
    #expect(features.contains("HASH SHA-256*;SHA-512;SHA-1;MD5;CRC32"))
    #expect(features.count == expected.count + special.count)
    for word in ["EPSV", "EPRT", "MDTM", "SIZE", "REST STREAM", "MFMT", "CLNT", "HOST"] {
      #expect(features.contains(word))
    }
  }

  @Test func whatTheSettingsDenyIsNotAnnounced() async throws {
    var configuration = ServerConfiguration()
    configuration.passiveEnabled = false
    #expect(try await !features(makeSession(configuration)).contains("EPSV"))
    configuration.passiveEnabled = true
    configuration.activeEnabled = false
    let session = try makeSession(configuration)
    let features = try await features(session)
    #expect(!features.contains("EPRT"))
    #expect(features.contains("EPSV"))
    let help = try await session.help(Command(verb: "HELP")).lines.flatMap { $0.split(separator: 0x20) }
    for (verb, isListed) in [("PORT", false), ("EPRT", false), ("LPRT", false), ("PASV", true), ("EPSV", true)] {
      #expect(help.contains { $0.elementsEqual(verb.utf8) } == isListed, "\(verb)")
    }
  }
}

/// A session on a socket of its own that is not being served.
func makeSession(_ configuration: ServerConfiguration = ServerConfiguration()) throws -> Session {
  let context = try makeContext(configuration)
  let socket = try Socket.stream(.ipv4).release()
  return Session(
    id: 1, context: context, snapshot: context.snapshot,
    control: ControlConnection(
      owning: socket, peer: SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 1), lineLimit: 4096))
}
