// The suite all multipath tests belong to: one after the other, because they measure; and how figures are shown.

import Foundation
import Testing

/// The parent of all suites of this target.
@Suite(.serialized) struct MultipathTests {}

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
