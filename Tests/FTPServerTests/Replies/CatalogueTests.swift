// Holds the catalogue of replies to itself and to the sources: every text in all languages, with the same places for values.

import FTPProtocol
import Foundation
import Testing

@testable import FTPServer

@Suite struct CatalogueTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func text(_ text: StaticString) -> String { "\(text)" }

  private func values(_ text: StaticString) -> [String] {
    "\(text)".matches(of: /\{[0-9]\}/).map { String($0.output) }.sorted()
  }

  @Test func everyTextOnce() {
    let texts = Catalogue.entries.map { text($0.english) }
    #expect(Set(texts).count == texts.count)
  }

  @Test(arguments: Language.allCases)
  func everyTextInEveryLanguageWithTheSameValues(_ language: Language) {
    for entry in Catalogue.entries {
      let other = entry[language]
      #expect(!text(other).isEmpty, "\(entry.english)")
      #expect(Set(values(other)) == Set(values(entry.english)), "\(entry.english)")
      #expect(!text(other).contains("\n") && !text(other).contains("\r"))
      // Clients look for "(NNN bytes)" and for words a translation must not change.
      for word in ["({2} bytes)", "TYPE I", "RNTO", "ACCT", "PASV", "EPSV"] where text(entry.english).contains(word) {
        #expect(text(other).contains(word), "\(entry.english)")
      }
      // RFC 959, section 4.2: nothing that reads like the end of a reply.
      #expect(text(other).prefix(3).allSatisfy(\.isNumber) == false)
    }
  }

  @Test func aTextIsFound() {
    func german(_ text: String) -> String? {
      Catalogue.translation(of: bytes(text), to: .german).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(german("Renamed.") == "Umbenannt.")
    #expect(german("Renamed") == nil)
    #expect(german("REST 7 is beyond the end of the file, which has 5 bytes.")?.contains("die 5 bytes hat") == true)
    #expect(german("Usage: X") == "Aufruf: X")
    #expect(
      german("\"/a is the current directory. b\" is the current directory.")?.hasPrefix("\"/a is the current") == true)
    #expect(german("Illegal PORT command: the port must be 1024 or higher.")?.contains("Port muss") == true)
    #expect(german("") == nil)
  }

  /// Names and numbers come through unchanged, whatever they are.
  @Test func valuesAreKept() {
    for name in ["", "a", " (5 bytes).", "é", "{1}", "Renamed."] {
      let reply = Reply.opening(name: bytes(name), byteCount: 12, type: .image).translated(to: .japanese)
      let text = String(decoding: reply.encoded, as: UTF8.self)
      #expect(text.contains("(12 bytes)"), "\(name)")
    }
  }

  @Test func whatMachinesReadStays() {
    let replies = [
      Reply.passive(address: (1, 2, 3, 4), port: 5), Reply.extendedPassive(port: 5),
      Reply(213, "12"), Reply(211, opening: "Features:", lines: [bytes(" TVFS")], closing: "End"),
    ]
    for reply in replies { #expect(reply.translated(to: .german).encoded == reply.encoded) }
    #expect(
      Reply.path(257, bytes("/a\"b"), "directory created.").translated(to: .french).encoded.starts(
        with: bytes("257 \"/a\"\"b\" ")))
    for language in Language.allCases {
      for opening in ["Transfer complete", "Transfer complete; the data connection stays open"] {
        let reply = Reply(226, "\(opening) (unique file name:a(1).txt).").translated(to: language)
        let told = String(decoding: reply.encoded, as: UTF8.self)
        #expect(told.hasSuffix("(unique file name:a(1).txt).\r\n") && !told.contains(opening), "\(language)")
      }
    }
  }

  @Test func tags() {
    #expect(Language.choice(bytes("de")) == .other(.german))
    #expect(Language.choice(bytes("DE-at")) == .other(.german))
    #expect(Language.choice(bytes("ja-JP-x-one")) == .other(.japanese))
    #expect(Language.choice(bytes("en-GB")) == .english)
    for tag in ["", "d", "deu", "de_AT", "de-", "-de", "de AT", "it", "d\u{E9}"] {
      #expect(Language.choice(bytes(tag)) == nil, "\(tag)")
    }
    #expect(Language.feature(current: nil) == "LANG EN*;DE;FR;ES;JA")
    #expect(Language.feature(current: .spanish) == "LANG EN;DE;FR;ES*;JA")
  }
}
