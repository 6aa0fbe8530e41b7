// The suite all system tests belong to: one after the other, because they load the machine and measure.

import Foundation
import TestSupport
import Testing

/// The parent of all suites of this target.
@Suite(.serialized) struct SystemTests {}

/// A number from the environment, for longer runs than CI can afford.
func setting(_ name: String, default value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? value
}

/// Writes a measured figure where the reader of the test log finds it.
func report(_ text: String) { print("measured: \(text)") }

/// How long `body` takes.
func duration(_ body: () throws -> Void) rethrows -> Duration { try ContinuousClock().measure(body) }

extension Duration {
  /// Whole and broken milliseconds.
  var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}

/// Starts a RETR of `name` on a new session and leaves it stalled: the server can only fill the socket buffers.
func stalledTransfer(_ server: Server, _ name: String) throws -> (client: FTPClient, data: Connection) {
  let client = try server.session()
  try client.command("TYPE I", expecting: 200)
  let data = try client.passive(receiveBuffer: 16384)
  try client.command("RETR \(name)", expecting: 150)
  _ = try data.read(exactly: 1)
  return (client, data)
}
