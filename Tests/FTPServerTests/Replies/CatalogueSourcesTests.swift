// Holds the sources to the catalogue of replies: every text a session can say is in it, whoever wrote it.

import Foundation
import Testing

@testable import FTPServer

@Suite struct CatalogueSourcesTests {
  /// Texts that machines read, or that are the operator's or the client's own words.
  private static let exempt: Set<String> = [
    "UNIX Type: L8", "PBSZ=0", "{}.", "{}. Another STRU or SITE RECFM may fit this file.",
    "Data connections must resume the TLS session of the control connection (tls.data-session=require):",
    " turn session resumption on in your client.", "MARK ", " = ", "Type set to ", ".",
    "Name=weftpd; CaseSensitive=1; DirSep=/;",
    "Modify={}; {}", "Modify=", "; ", "{}", "FILE: ", "",
    "Transfer complete (unique file name:", "Transfer complete; the data connection stays open (unique file name:",
    "SSCN:CLIENT METHOD", "SSCN:SERVER METHOD", "HELP",
    "CHMOD <octal mode> <pathname>", "Status:",
  ]

  @Test func everyTextIsInTheCatalogue() throws {
    var missing: [String] = []
    for file in try Self.sources() {
      let source = try String(contentsOfFile: file, encoding: .utf8)
      for text in ReplyLiterals.all(in: source) where !Self.exempt.contains(text) {
        let sample = text.replacing("{}", with: "7")
        if Catalogue.translation(of: Array(sample.utf8), to: .german) == nil {
          missing.append("\((file as NSString).lastPathComponent): \(text)")
        }
      }
    }
    #expect(missing.isEmpty, "add to Sources/FTPServer/Replies:\n\(missing.joined(separator: "\n"))")
  }

  @Test func literalsAreFound() {
    let source = #"""
      return Reply(200, "Yes.") // Reply(200, "comment")
      throw .syntax("a \(b("c")) d")
      throw isA ? .sequence("e") : .dataPortRefused(Reply(522, "f"))
      let x = other("not a reply")
      """#
    #expect(ReplyLiterals.all(in: source) == ["Yes.", "a {} d", "e", "f"])
  }

  private static func sources() throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/FTPServer").path
    let names = try #require(FileManager.default.enumerator(atPath: root))
    // Who is turned away by the acceptor has had no time to choose a language.
    return names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") && !$0.hasSuffix("/Acceptor.swift") }
      .sorted().map { root + "/" + $0 }
  }
}

/// Finds the string literals handed to `Reply(code, …)` and to the cases of `FTPError` that take a text.
private enum ReplyLiterals {
  static func all(in source: String) -> [String] {
    var found: [String] = []
    let code = source.split(separator: "\n", omittingEmptySubsequences: false).map(withoutComment).joined(
      separator: "\n")
    let marks =
      /(?:\bReply\(\s*(?:[1-5][0-9][0-9]|refusal|code),|\.(?:syntax|sequence|parameter|forbidden|restart|noRoom|busy|unsuitable|wrongKind|policy|listingUnavailable|noDataConnection|dataProtection|protectionRequired|securityUnavailable|protectionLevel|deniedByPolicy|protectionUnknown)\()/
    for match in code.matches(of: marks) {
      // A Reply within a case is found by itself.
      found += literals(in: code[match.range.upperBound...])
    }
    return found
  }

  private static func withoutComment(_ line: Substring) -> Substring {
    let trimmed = line.drop { $0 == " " }
    if trimmed.hasPrefix("//") { return "" }
    return line.range(of: #" // "#).map { line[..<$0.lowerBound] } ?? line
  }

  /// The literals up to the parenthesis that closes the call, interpolations as `{}`.
  private static func literals(in text: Substring) -> [String] {
    var found: [String] = []
    var literal: String?
    var depth = 1
    var index = text.startIndex
    func next() -> Character? {
      let after = text.index(after: index)
      return after < text.endIndex ? text[after] : nil
    }
    while index < text.endIndex, depth > 0 {
      let character = text[index]
      if literal != nil {
        if character == "\\", next() == "(" {
          literal?.append("{}")
          index = endOfInterpolation(text, text.index(index, offsetBy: 2))
          continue
        }
        if character == "\\", let escaped = next() {
          literal?.append(escaped)
          index = text.index(index, offsetBy: 2)
          continue
        }
        if character == "\"" {
          found.append(literal ?? "")
          literal = nil
        } else {
          literal?.append(character)
        }
      } else if character == "\"" {
        literal = ""
      } else if character == "(" {
        depth += 1
      } else if character == ")" {
        depth -= 1
      }
      index = text.index(after: index)
    }
    return found
  }

  private static func endOfInterpolation(_ text: Substring, _ start: Substring.Index) -> Substring.Index {
    var depth = 1
    var index = start
    while index < text.endIndex, depth > 0 {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      index = text.index(after: index)
    }
    return index
  }
}
