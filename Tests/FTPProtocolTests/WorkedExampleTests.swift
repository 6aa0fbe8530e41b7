// The worked example of the documentation, run as it stands there.

import FTPProtocol
import Foundation
import Testing

@Suite struct WorkedExampleTests {
  @Test func theExampleWorks() throws {
    var printed: [String] = []
    func print(_ items: Any...) { printed.append(items.map { "\($0)" }.joined(separator: " ")) }
    let directory = bytes("a b")
    let files = [("notes.txt", UInt64(12)), ("../../.ssh/authorized_keys", 7)].map { name, size in
      let facts = FileFacts(
        kind: .file, mode: 0o644, links: 1, owner: 0, group: 0, size: size, modified: 0, modifiedNanoseconds: 0,
        device: 1,
        inode: 2)
      return (bytes(name), facts)
    }
    let lines = bytes("one\ntwo\n")

    // The client writes commands.
    var toServer: [UInt8] = []
    try CommandWriter.append(Command(verb: "FEAT"), to: &toServer)
    try CommandWriter.append(.extendedPassive(), to: &toServer)
    try CommandWriter.append(Command(verb: "MLSD", argument: directory), to: &toServer)

    do throws(CommandWriter.WriteError) {
      try CommandWriter.append(Command(verb: "MLSD", argument: Array("x\r\nDELE y".utf8)), to: &toServer)
    } catch {
      print("not sent: \(error)")  // not sent: containsLineEnd
    }
    #expect(text(toServer) == "FEAT\r\nEPSV\r\nMLSD a b\r\n")

    // The server answers.
    func answer(_ command: Command) -> Reply {
      switch command.verb {
      case "FEAT":
        let lines = [FactSet.standard.featLine, Array("REST STREAM".utf8)]
        return Reply(211, opening: "Features:", lines: lines.map { [0x20] + $0 }, closing: "End")
      case "EPSV":
        return Reply.extendedPassive(port: 50001)
      case "MLSD":
        return Reply(150, bytes: Array("Listing of ".utf8) + command.argument)
      default:
        return Reply(502, "Not known here.")
      }
    }

    var commands = CommandReader(lineLimit: 4096)
    toServer.withUnsafeBytes { commands.append($0) }
    var toClient: [UInt8] = []
    while let event = commands.next() {
      switch event {
      case .command(let command):
        answer(command).encode(into: &toClient)
      case .malformed, .lineTooLong:
        Reply(500, "That is no command.").encode(into: &toClient)
      case .telnetAnswer(let bytes):
        toClient += bytes
      }
    }

    var formatter = MachineFormatter(facts: .standard)
    var data: [UInt8] = []
    for (name, facts) in files {
      name.withUnsafeBytes { formatter.append(name: $0, facts: facts, permissions: [.retrieve], to: &data) }
    }

    // The client reads the replies.
    var reader = ReplyReader()
    toClient.withUnsafeBytes { reader.append($0) }
    var replies: [ReceivedReply] = []
    while let event = try reader.next() {
      switch event {
      case .reply(let reply): replies.append(reply)
      case .telnetAnswer(let bytes): toServer += bytes
      }
    }
    #expect(replies.map(\.code) == [211, 229, 150])

    let features = replies.lazy.compactMap(ServerFeatures.init).first ?? ServerFeatures()
    if features.restartsStreams { print("transfers can go on where they broke off") }
    if let port = replies.lazy.compactMap(\.extendedPassivePort).first {
      print("connect to port \(port)")  // connect to port 50001
    }

    // The client reads the listing.
    var listing = ListingReader(.machine)
    data.withUnsafeBytes { listing.append($0) }
    while let line = try listing.finish() {
      guard case .entry(let entry) = line, entry.kind == .file else { continue }
      guard entry.isSafeName else {
        print("passed over: \(String(decoding: entry.name, as: UTF8.self))")
        continue
      }
      print(String(decoding: entry.name, as: UTF8.self), entry.size ?? 0)
    }
    #expect(
      printed == [
        "not sent: containsLineEnd", "transfers can go on where they broke off", "connect to port 50001",
        "notes.txt 12",
        "passed over: ../../.ssh/authorized_keys",
      ])

    // Text files.
    var encoder = ASCIIEncoder()
    var wire = [UInt8](repeating: 0, count: 2 * lines.count)
    let (consumed, produced) = lines.withUnsafeBytes { source in
      wire.withUnsafeMutableBytes { encoder.transform(source, into: $0) }
    }
    #expect(consumed == lines.count)
    #expect(text(wire[..<produced]) == "one\r\ntwo\r\n")
  }

  /// Every block of code on the page stands above, line for line.
  @Test func thePageShowsThisCode() throws {
    let here = URL(filePath: #filePath)
    let page = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/FTPProtocol/FTPProtocol.docc/WorkedExample.md")
    func code(_ text: Substring) -> [Substring] {
      text.split(separator: "\n").map { $0.drop { $0 == " " } }
    }
    let source = code(try String(contentsOf: here, encoding: .utf8)[...])
    let blocks = try String(contentsOf: page, encoding: .utf8).split(separator: "```").filter {
      $0.hasPrefix("swift\n")
    }
    #expect(!blocks.isEmpty)
    for block in blocks {
      let wanted = code(block.dropFirst("swift\n".count))
      let starts = source.indices.filter { source[$0...].starts(with: wanted) }
      #expect(!starts.isEmpty, "not in this test: \(wanted.first ?? "")")
    }
  }
}
