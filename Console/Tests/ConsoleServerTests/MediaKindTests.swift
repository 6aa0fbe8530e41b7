// Tests what of users' files a browser may show, and under which policy.

import Testing

@testable import ConsoleServer

@Suite struct MediaKindTests {
  private func kind(_ name: String, asText: Bool = false) -> MediaKind {
    MediaKind(name: Array(name.utf8), asText: asText)
  }

  @Test func onlyWhatCannotBeCodeIsShown() {
    #expect(kind("a.PNG").type == "image/png")
    #expect(kind("a.b.pdf").isShown)
    for name in ["page.html", "drawing.svg", "script.js", "a.xhtml", "a.pdf.html", "pdf", "", "."] {
      #expect(!kind(name).isShown, "\(name)")
      #expect(kind(name).type == "application/octet-stream", "\(name)")
    }
    #expect(kind("page.html", asText: true).type == "text/plain; charset=utf-8")
  }

  @Test func aFramedDocumentIsSandboxedAndOfThisPageOnly() {
    #expect(kind("a.pdf").isFramed)
    #expect(!kind("a.png").isFramed)
    #expect(Policy.framed.contains("sandbox;"))
    #expect(Policy.framed.contains("frame-ancestors 'self'"))
    #expect(!Policy.framed.contains("'none'; frame-ancestors 'none'"))
    #expect(Policy.file.contains("frame-ancestors 'none'"))
  }
}
