// The suite of everything that needs root to show what weftpd does without it; and how the tests look at threads.

import Foundation
import TestSupport
import Testing

/// The parent of all suites of this target: one after the other, because some use fixed ports and users.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root")) struct PrivilegeTests {
  /// An ordinary user every system has.
  static let somebody = "nobody"
  /// The id of ``somebody``.
  static let somebodyID: UInt32 = 65_534

  /// Options of a server that is started as root and becomes ``somebody``.
  static func options(_ settings: [String] = []) -> Server.Options {
    var options = Server.Options(settings: ["server.user=\(somebody)"] + settings)
    options.environment["WEFTPD_SERVER_ALLOW_ROOT"] = "false"
    return options
  }

  /// A directory that belongs to ``somebody``.
  static func root() throws -> TemporaryDirectory {
    let root = try TemporaryDirectory()
    chown(root.path, somebodyID, somebodyID)
    return root
  }
}

/// What /proc tells of one thread.
struct ThreadStatus: Equatable, CustomStringConvertible {
  let fields: [String: String]

  /// Every thread of a process; at least one.
  static func all(of process: pid_t) throws -> [ThreadStatus] {
    let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    // A thread may end between the listing and the look.
    let all = names.compactMap { try? ThreadStatus(path: "/proc/\(process)/task/\($0)/status") }
    try require(!all.isEmpty, "process \(process) has no thread to look at")
    return all
  }

  init(path: String) throws {
    var fields: [String: String] = [:]
    for line in latin1(try readFile(path)).split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let words = line[line.index(after: colon)...].split { $0 == "\t" || $0 == " " }
      fields[String(line[..<colon])] = words.joined(separator: " ")
    }
    self.fields = fields
  }

  subscript(_ name: String) -> String { fields[name] ?? "" }

  var description: String {
    ["Name", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"]
      .map { "\($0)=\(self[$0])" }.joined(separator: " ")
  }
}
