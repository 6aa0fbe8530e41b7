import Testing

@testable import FTPServer

@Suite struct SiteTableTests {
  @Test func everyNameOnceAndInOrder() {
    let names = SiteTable.rows.map(\.name)
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count)
    for row in SiteTable.rows {
      #expect(row.syntax == "\(row.name)" || row.syntax.hasPrefix("\(row.name) "))
      #expect(SiteTable.row(row.name)?.name == row.name)
      // Without an argument such a row would promise what it refuses.
      #expect(row.needsArgument == (row.syntax.contains("<") && !row.syntax.contains("[<")))
    }
    #expect(SiteTable.row("EXEC") == nil)
  }
}
