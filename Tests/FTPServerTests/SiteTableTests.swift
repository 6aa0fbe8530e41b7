// Tests that the table of SITE subcommands is complete and that what it announces is true.

import Testing

@testable import FTPServer

@Suite struct SiteTableTests {
  @Test func everyNameOnceAndInOrder() {
    let names = SiteTable.rows.map(\.verb)
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count)
    for row in SiteTable.rows {
      #expect(row.syntax == "\(row.verb)" || row.syntax.hasPrefix("\(row.verb) "))
      #expect(SiteTable.row(row.verb)?.verb == row.verb)
      // Without an argument such a row would promise what it refuses.
      #expect((row.argument == .required) == (row.syntax.contains("<") && !row.syntax.contains("[<")))
    }
    #expect(SiteTable.row("EXEC") == nil)
  }
}
