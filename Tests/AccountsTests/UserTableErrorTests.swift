// UserTableError: messages name the file, the line and what to do.

import Glibc
import Testing

@testable import Accounts

@Suite struct UserTableErrorTests {
  @Test func descriptions() {
    let lines = UserTableError(source: "f", problems: [.init(line: 1, message: "a"), .init(line: 7, message: "b")])
    #expect(lines.description == "f:1: a\nf:7: b")
    #expect(lines.code == .malformed)
    let missing = UserTableError.system("open it", "f", errno: ENOENT)
    #expect(missing.code == .missingFile)
    #expect(missing.description == "f: cannot open it: No such file or directory. Check the path.")
    let denied = UserTableError.system("open it", "f", errno: EACCES)
    #expect(denied.code == .system && denied.errno == EACCES)
    #expect(denied.description.contains("owner"))
  }
}
