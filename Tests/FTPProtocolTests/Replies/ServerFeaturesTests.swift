// Tests of ServerFeatures: the FEAT replies of real servers, and what a client asks of them.

import FTPProtocol
import Testing

private func features(_ lines: String...) -> ServerFeatures? {
  ReceivedReply(code: 211, lines: [bytes("Features:")] + lines.map(bytes) + [bytes("End")]).flatMap(ServerFeatures.init)
}

@Suite struct ServerFeaturesTests {
  @Test func readsProFTPD() throws {
    let server = try #require(
      features(
        " AUTH TLS", " CCC", " CLNT", " EPRT", " EPSV", " HASH CRC32;MD5;SHA-1*;SHA-256;SHA-512;", " HOST",
        " LANG it-IT.UTF-8*;it-IT;en-US.UTF-8;en-US", " MD5", " MDTM", " MFF modify;UNIX.group;UNIX.mode;", " MFMT",
        " MLST modify*;perm*;size*;type*;unique*;UNIX.group*;UNIX.groupname;UNIX.mode*;UNIX.owner*;UNIX.ownername;",
        " PBSZ", " PROT", " RANG STREAM", " REST STREAM", " SIZE", " SSCN", " TVFS", " UTF8", " XCRC"))
    #expect(server.features.count == 22)
    #expect(server.features[5] == .init(label: "HASH", parameters: bytes("CRC32;MD5;SHA-1*;SHA-256;SHA-512;")))
    #expect(server.hashAlgorithms.map(\.name) == ["CRC32", "MD5", "SHA-1", "SHA-256", "SHA-512"])
    #expect(server.hashAlgorithms.filter(\.isSelected).map(\.name) == ["SHA-1"])
    #expect(
      server.machineFacts == [
        .modify, .perm, .size, .type, .unique, .unixGroup, .unixGroupName, .unixMode, .unixOwner, .unixOwnerName,
      ])
    #expect(server.selectedFacts == server.machineFacts.subtracting([.unixGroupName, .unixOwnerName]))
    #expect(server.authMechanisms == ["TLS"])
    #expect(server.listsForMachines && server.restartsStreams && server.sendsRanges && server.namesAreUTF8)
    #expect(server.hasVirtualPaths && server.offersTLS && server.protectsData)
    #expect(!server.compresses)
    for label in ["SIZE", "MDTM", "MFMT", "EPSV", "EPRT", "HOST", "XCRC"] {
      #expect(server.contains(label), "\(label)")
    }
    #expect(!server.contains("FOO") && !server.contains("MLSD"))
  }

  @Test func readsIIS() throws {
    let server = try #require(
      features(
        " LANG EN*", " UTF8", " AUTH TLS;TLS-C;SSL;TLS-P;", " PBSZ", " PROT C;P;", " CCC", " HOST", " SIZE", " MDTM",
        " REST STREAM"))
    #expect(server.authMechanisms == ["TLS", "TLS-C", "SSL", "TLS-P"])
    #expect(server.offersTLS && server.protectsData)
    #expect(server.contains("PROT", "P") && !server.contains("PROT", "E"))
    #expect(server.machineFacts.isEmpty && !server.listsForMachines)
  }

  @Test func readsOthers() throws {
    // Lower case, tabs, more blanks than one, none at all, blanks at the end, empty lines.
    let server = try #require(
      features(
        "mdtm", "  size  ", "\trest  stream", " mode z", " auth ssl", " auth gssapi", "", "   ", " utf-8", " MLSD",
        " HASH", " MLST"))
    #expect(
      server.features.map(\.label) == [
        "MDTM", "SIZE", "REST", "MODE", "AUTH", "AUTH", "UTF-8", "MLSD", "HASH", "MLST",
      ])
    #expect(server.restartsStreams && server.compresses && server.namesAreUTF8 && server.listsForMachines)
    #expect(server.authMechanisms == ["SSL", "GSSAPI"])
    #expect(server.offersTLS && !server.protectsData)
    #expect(server.hashAlgorithms.isEmpty && server.machineFacts.isEmpty)
    // What AUTH needs on its own line, as some servers have it.
    #expect(try #require(features(" AUTH TLS-C;PBSZ;PROT;")).protectsData)
    #expect(try #require(features(" AUTH KERBEROS_V4")).offersTLS == false)
  }

  @Test func restIsNotAlwaysOfStreams() throws {
    let server = try #require(features(" REST", " RANG", " MODE B", " XMODE Z"))
    #expect(server.contains("REST") && !server.restartsStreams)
    #expect(!server.sendsRanges && !server.compresses)
  }

  @Test func nothingToldIsNothing() throws {
    let none = try #require(ReceivedReply(code: 211, lines: [bytes("No features.")]).flatMap(ServerFeatures.init))
    #expect(none == ServerFeatures())
    #expect(none.features.isEmpty && !none.offersTLS)
    #expect(ReceivedReply(code: 500, lines: [bytes("What?")]).flatMap(ServerFeatures.init) == nil)
  }

  @Test func bytesThatAreNoTextDoNoHarm() throws {
    let reply = try #require(
      ReceivedReply(code: 211, lines: [[], [0x20, 0xFF, 0x00, 0x20, 0xFE], [0x2A, 0x20, 0x2A], []]))
    let server = try #require(ServerFeatures(reply))
    #expect(server.features.map(\.parameters) == [[0xFE], [0x2A]])
  }

  @Test func readsTheServersOwn() throws {
    let chosen: FactSet = [.type, .size, .charset]
    let reply = try #require(
      received(
        Reply(
          211, opening: "Features:",
          lines: [[0x20] + chosen.featLine, bytes(" REST STREAM"), bytes(" HASH SHA-256*;MD5")],
          closing: "End")))
    let server = try #require(ServerFeatures(reply))
    #expect(server.machineFacts == .all)
    #expect(server.selectedFacts == chosen)
    #expect(server.restartsStreams)
    #expect(server.hashAlgorithms.map(\.isSelected) == [true, false])
  }
}
