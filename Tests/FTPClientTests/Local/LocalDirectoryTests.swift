// Tests of local directories: no name a server could say leads out of one.

import FTPClient
import Glibc
import TestSupport
import Testing

@Suite struct LocalDirectoryTests {
  @Test(arguments: ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\u{0}b"])
  func namesThatLeadElsewhere(_ name: String) throws {
    let place = try TemporaryDirectory()
    let directory = try LocalDirectory(place.path)
    let bytes = Array(name.utf8)
    #expect(throws: ClientError.self) { try directory.status(bytes) }
    #expect(throws: ClientError.self) { try directory.directory(bytes, creating: true) }
    #expect(throws: ClientError.self) { try directory.remove(bytes) }
    #expect(try place.names() == [])
  }

  @Test func aLinkToADirectoryIsNotEntered() throws {
    let place = try TemporaryDirectory()
    let other = try TemporaryDirectory()
    #expect(symlink(other.path, place.path(of: "link")) == 0)
    let directory = try LocalDirectory(place.path)
    #expect(throws: ClientError.self) { try directory.directory(Array("link".utf8), creating: true) }
    #expect(try directory.status(Array("link".utf8))?.isSymbolicLink == true)
  }

  @Test func namesAreBytes() throws {
    let place = try TemporaryDirectory()
    let directory = try LocalDirectory(place.path)
    let name: [UInt8] = [0xFF, 0x20, 0x0A]
    _ = try directory.directory(name, creating: true)
    #expect(try directory.names() == [name])
    #expect(try directory.status(name)?.isDirectory == true)
    #expect(try directory.status([0x78]) == nil)
    #expect(directory.path(of: name) == place.path + "/\u{FFFD} ?")
    try directory.removeDirectory(name)
    #expect(try directory.names() == [])
  }
}
