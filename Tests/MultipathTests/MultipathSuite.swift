// The suite all multipath tests belong to: one after the other, because they measure; and what they need of the machine.

import Foundation
import MultipathTCP
import TestSupport
import Testing

/// The parent of all suites of this target.
@Suite(.serialized) struct MultipathTests {
  /// Runs the lines of a shell script; throws what it printed when one fails.
  @discardableResult
  static func shell(_ script: String) throws -> String {
    let result = try run(["/bin/sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n\(script)"])
    if result.exitCode != 0 { throw TestFailure("\(script)\nended with \(result.exitCode): \(result.errors)") }
    return result.output
  }
}

/// What this machine lets the tests do.
enum Machine {
  /// Why the tests with two links are skipped.
  static let needsNamespaces: Comment = "needs root, ip and tc (iproute2), and a kernel with MPTCP switched on"

  /// Network namespaces can be made here, with shaped links and multipath sockets in them.
  static let hasNamespaces: Bool = {
    guard geteuid() == 0, isInstalled("ip"), HostProbe.availability() == nil else {
      return false
    }
    return (try? NetworkLab(rate: "100mbit")) != nil
  }()
}

/// A number from the environment, for longer runs than CI can afford.
func setting(_ name: String, default value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? value
}

/// Writes a measured figure where the reader of the test log finds it.
func report(_ text: String) { print("measured: \(text)") }

/// How long `body` takes, in seconds.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let took = try ContinuousClock().measure(body)
  return Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
}

/// A figure with one decimal place.
func rounded(_ value: Double) -> String { String(format: "%.1f", value) }
