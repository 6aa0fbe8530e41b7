import FTPProtocol
import Testing

@Suite struct SiteTimesTests {
  private func parse(_ text: String) -> SiteTimes? { SiteTimes.parse(Array(text.utf8)) }

  @Test(arguments: [
    ("202402290506 f", "f", 1_709_183_160, 1_709_183_160), ("20240229050607 a b", "a b", 1_709_183_167, 1_709_183_167),
    ("f 20240229050607 20240229050608 20240229050609 UTC", "f", 1_709_183_167, 1_709_183_168),
    ("a b 20240229050607 20240229050608 20240229050609 UTC", "a b", 1_709_183_167, 1_709_183_168),
    (#""a b" 20240229050607 20240229050608 20240229050609 UTC"#, "a b", 1_709_183_167, 1_709_183_168),
  ])
  func reads(text: String, name: String, accessed: Int64, modified: Int64) {
    let times = parse(text)
    #expect(times?.pathname == Array(name.utf8))
    #expect(times?.accessed == accessed)
    #expect(times?.modified == modified)
  }

  @Test(arguments: [
    "", "f", "2024 f", "202402300506 f", "20240229050", "202402290506", "202402290506.5 f", "-20240229050 f",
    "f 202402290506 202402290506 202402290506 UTC", "f 20240229050607 20240229050608 UTC",
  ])
  func refuses(text: String) { #expect(parse(text) == nil) }
}
