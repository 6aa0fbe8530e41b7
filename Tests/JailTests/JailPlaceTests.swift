// Where a jail is: the directory that was opened, whatever its name was and is.

import Glibc
import Testing

@testable import Jail

@Suite struct JailPlaceTests {
  private let files: JailDirectory

  init() throws { files = try JailDirectory() }

  @Test func linksAreResolved() throws {
    files.link("link", to: "root")
    let jail = try Jail(root: "\(files.path)/outside/../link")
    #expect(try jail.place() == Array("\(files.path)/root".utf8))
  }

  @Test func itIsTheDirectoryThatIsOpen() throws {
    #expect(rename("\(files.path)/root", "\(files.path)/moved") == 0)
    files.directory("root")
    #expect(try files.jail.place() == Array("\(files.path)/moved".utf8))
  }
}
