// Tests which name somebody meant, and that long texts do not make it slow.

import Testing

@testable import YAMLDocument

@Suite struct NearestNameTests {
  @Test func distances() {
    #expect(editDistance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(editDistance(Array("prots".utf8), Array("ports".utf8)) == 1)
    #expect(editDistance([], Array("abc".utf8)) == 3)
    #expect(editDistance(Array("abc".utf8), Array("abc".utf8)) == 0)
  }

  @Test func nearest() {
    #expect(nearestName(to: "qouta", among: ["quota", "quota-files", "hours"]) == "quota")
    #expect(nearestName(to: "prots", among: ["passive.ports", "listen"]) == "passive.ports")
    #expect(nearestName(to: String(repeating: "x", count: 1_000_000), among: ["listen"]) == "listen")
    #expect(nearestName(to: "x", among: []) == nil)
  }
}
