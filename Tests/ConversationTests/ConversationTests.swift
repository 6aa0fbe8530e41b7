// One test case per dialogue file of Tests/Conversations: each is played against a server of its own.

import Foundation
import TestSupport
import Testing

@Suite struct ConversationTests {
  @Test(arguments: DialogueFile.all)
  func aDialogueGoesAsItIsWritten(_ file: DialogueFile) async throws {
    try await Blocking.run {
      do {
        let dialogue = try DialogueParser.parse(readFile(file.path))
        if let missing = dialogue.requirements.first(where: { !isMet($0) }) {
          return print("skipped \(file.name): needs \(missing)")
        }
        try DialogueRunner.run(dialogue)
      } catch {
        Issue.record("\(file.name): \(error)")
      }
    }
  }

  @Test(.enabled(if: !DialogueFile.isFiltered, "WEFTPD_DIALOGUE picks a few")) func thereAreDialogues() {
    #expect(DialogueFile.all.count >= 60, "the dialogues of \(DialogueFile.directory) were not found")
  }

  private func isMet(_ requirement: String) -> Bool {
    switch requirement {
    case "root": getuid() == 0
    case "ipv6": (try? Listener(on: "::1")) != nil
    default: false
    }
  }
}

/// A file of Tests/Conversations.
struct DialogueFile: Sendable, CustomTestStringConvertible {
  let name: String
  let path: String
  var testDescription: String { name }

  /// $WEFTPD_CONVERSATIONS, or the folder beside this one.
  static let directory =
    ProcessInfo.processInfo.environment["WEFTPD_CONVERSATIONS"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Conversations").path

  /// Part of the name of the dialogues to run, from $WEFTPD_DIALOGUE.
  private static let wanted = ProcessInfo.processInfo.environment["WEFTPD_DIALOGUE"]
  static let isFiltered = wanted != nil

  /// All of them; with $WEFTPD_DIALOGUE only those whose name contains it.
  static let all: [DialogueFile] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { $0.hasSuffix(".txt") && (wanted.map($0.contains) ?? true) }.sorted()
      .map { DialogueFile(name: $0, path: directory + "/" + $0) }
  }()
}
