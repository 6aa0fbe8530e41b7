// Tests of CommandWriter: exact lines, refused arguments, and the server's own reader.

import FTPProtocol
import Testing

/// What the server makes of a line.
private func read(_ line: [UInt8]) -> [CommandReader.Event] {
  var reader = CommandReader(lineLimit: 4096)
  bytes("NOOP\r\n").withUnsafeBytes { reader.append($0) }
  line.withUnsafeBytes { reader.append($0) }
  var events: [CommandReader.Event] = []
  while let event = reader.next() { events.append(event) }
  return Array(events.dropFirst())
}

@Suite struct CommandWriterTests {
  @Test func writesLines() throws {
    #expect(text(try CommandWriter.line(Command(verb: "QUIT"))) == "QUIT\r\n")
    #expect(text(try CommandWriter.line(Command(verb: "retr", argument: bytes(" a  b ")))) == "RETR  a  b \r\n")
    var out = bytes("USER a\r\n")
    try CommandWriter.append(Command(verb: "PASS", argument: bytes("b")), to: &out)
    #expect(text(out) == "USER a\r\nPASS b\r\n")
  }

  @Test(arguments: [
    ("a\rDELE b", CommandWriter.WriteError.containsLineEnd), ("a\nDELE b", .containsLineEnd),
    ("\r\n", .containsLineEnd),
    ("a\r", .containsLineEnd), ("a\0b", .containsNUL), ("\0", .containsNUL), ("\0\n", .containsNUL),
    ("\n\0", .containsLineEnd),
  ])
  func refusesWhatWouldBeMoreThanOneLine(argument: String, error: CommandWriter.WriteError) {
    var out = bytes("NOOP\r\n")
    #expect(throws: error) { try CommandWriter.append(Command(verb: "RETR", argument: bytes(argument)), to: &out) }
    #expect(text(out) == "NOOP\r\n")
  }

  @Test func doubles0xFF() throws {
    let name: [UInt8] = [0xFF, 0x41, 0xFF, 0xFF]
    let command = Command(verb: "RETR", argument: name)
    #expect(try CommandWriter.line(command) == bytes("RETR ") + [0xFF, 0xFF, 0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x0D, 0x0A])
    #expect(try CommandWriter.line(command, doublesEscape: false) == bytes("RETR ") + name + [0x0D, 0x0A])
  }

  @Test func theServerReadsWhatIsWritten() throws {
    for byte in UInt8.min...UInt8.max where byte != 0 && byte != 0x0A && byte != 0x0D {
      let command = Command(verb: "RETR", argument: [0x20, byte, byte, 0x61, byte])
      #expect(read(try CommandWriter.line(command)) == [.command(command)], "byte \(byte)")
    }
    let abort = Command(verb: "ABOR")
    #expect(read(CommandWriter.interrupt + (try CommandWriter.line(abort))) == [.command(abort)])
  }
}
