// A real weftpd in a namespace, and its log lines as values.

import Foundation
import NetworkSupport
import TestSupport

/// A running `weftpd serve` in a namespace, on every address of it.
final class LabServer {
  let namespace: Namespace
  let root: TemporaryDirectory
  let process: ChildProcess
  let port: UInt16
  /// How many transfers of a path the log must know of, counted by ``LabClient``.
  var transfers: [String: Int] = [:]

  /// Starts it with a JSON log and the user alice; `settings` are those of `--set`.
  init(
    in namespace: Namespace, settings: [String] = [], listen: String = "*:0", format: String = "json",
    environment: [String: String] = [:]
  ) throws {
    self.namespace = namespace
    root = try TemporaryDirectory()
    var words = [try Server.binary(), "serve", root.path, "--listen", listen, "--user", "alice"]
    for setting in ["log.format=\(format)"] + settings { words += ["--set", setting] }
    var environment = environment
    environment["WEFTPD_PASSWORD"] = Server.password
    process = try ChildProcess(namespace.command(words), environment: environment)
    let line = try process.waitForLines(1, patience: .seconds(20))[0]
    guard let digits = line.split(separator: ":").last, let port = UInt16(digits) else {
      throw TestFailure("unexpected line on standard output: '\(line)'")
    }
    self.port = port
  }

  /// Everything it logged so far.
  var log: String { process.errorText }

  private var lines: [[String: Any]] {
    log.split(separator: "\n").compactMap {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
  }

  /// The log line of the latest transfer of `path`, waited for.
  func transfer(_ path: String) throws -> LoggedTransfer {
    var found: [LoggedTransfer] = []
    let isThere = Deadline.after(.seconds(10)).until {
      found = lines.filter { $0["path"] as? String == path && $0["bytes"] is NSNumber }.map(LoggedTransfer.init)
      return found.count >= transfers[path, default: 1]
    }
    guard isThere, let found = found.last else {
      throw TestFailure("no transfer of \(path) in the log: \(log.suffix(3000))")
    }
    return found
  }

  /// Waits until a line of the log contains `text`.
  func requireLogged(_ text: String, within patience: Duration = .seconds(5)) throws {
    try waitForLog(process, text, patience: patience)
  }

  /// Stops it in order: exit code 0.
  func stop() throws {
    process.signal(15)
    guard let code = process.waitForExit(patience: .seconds(20)) else {
      process.signal(9)
      throw TestFailure("the server still runs after SIGTERM: \(log.suffix(2000))")
    }
    try require(code == 0, "the server ended with \(code): \(log.suffix(3000))")
  }

  /// Runs `body` with a server and stops it in order; a failure shows the end of the log.
  static func with(
    in namespace: Namespace, settings: [String] = [], environment: [String: String] = [:],
    _ body: (LabServer) throws -> Void
  ) throws {
    let server = try LabServer(in: namespace, settings: settings, environment: environment)
    do { try body(server) } catch { throw TestFailure("\(error)\n--- server log ---\n\(server.log.suffix(2500))") }
    try server.stop()
  }
}

/// The log line of a transfer.
struct LoggedTransfer: CustomStringConvertible {
  let result: Int
  let bytes: Int
  /// Seconds.
  let duration: Double
  /// The field `paths`, empty where there is none.
  let text: String
  let message: String

  init(_ line: [String: Any]) {
    result = (line["result"] as? NSNumber)?.intValue ?? 0
    bytes = (line["bytes"] as? NSNumber)?.intValue ?? 0
    duration = (line["duration"] as? NSNumber)?.doubleValue ?? 0
    text = line["paths"] as? String ?? ""
    message = line["message"] as? String ?? ""
  }

  var description: String { "\(message) \(result), \(bytes) bytes in \(duration) s, \(text)" }
  var isMultipath: Bool { text.contains("mptcp") }
  var paths: [ReportedPath] { ReportedPath.all(in: text) }
}

/// One path as the server words it in the log and in STAT: `10.77.1.2<10.77.1.1 33.1 MB stalled`.
struct ReportedPath {
  let local: String
  let remote: String
  let bytes: Double
  let isStalled: Bool

  static func all(in text: String) -> [ReportedPath] {
    let form = #/([0-9a-f.:\[\]]+)<(?:->)?([0-9a-f.:\[\]]+) ([0-9.]+) (B|kB|MB|GB)( stalled)?/#
    let units: [Substring: Double] = ["B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9]
    return text.matches(of: form).map {
      ReportedPath(
        local: String($0.1), remote: String($0.2), bytes: (Double($0.3) ?? 0) * (units[$0.4] ?? 0),
        isStalled: $0.5 != nil)
    }
  }
}
