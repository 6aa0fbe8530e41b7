// Tests of the mount points a user's entry declares.

import Testing

@testable import Accounts

@Suite struct MountPointTests {
  @Test func readsNamesAndPaths() {
    #expect(MountPoint.list("src=/srv/src") == [MountPoint(name: "src", path: "/srv/src")])
    #expect(
      MountPoint.list("a=/x;b=/y=z")
        == [MountPoint(name: "a", path: "/x"), MountPoint(name: "b", path: "/y=z")])
  }

  @Test(arguments: ["", "a", "a=", "=/x", "a=x", "a=/x;", ";a=/x", "a=/x;a=/y", "a/b=/x", "a=/x/../y", "a=/x;;b=/y"])
  func refuses(_ text: String) { #expect(MountPoint.list(text) == nil) }

  @Test func ofTheTable() throws {
    let table = try UserTable.parse(bytes("a:*:/a:rw,mounts=src=/srv/src;iso=/srv/iso,account=x=y"), source: "users")
    #expect(table.entries.first?.options.mounts.map(\.path) == ["/srv/src", "/srv/iso"])
    #expect(table.entries.first?.options.accountText == bytes("x=y"))
    let error = try #require(
      tableError { _ = try UserTable.parse(bytes("a:*:/a:rw,mounts=src\n"), source: "users") })
    #expect(error.description.contains("mounts=NAME=/PATH"), "\(error.description)")
    for option in ["admin=maybe", "account="] {
      #expect(tableError { _ = try UserTable.parse(bytes("a:*:/a:rw,\(option)"), source: "users") } != nil)
    }
  }
}
