// A directory of its own for each test, with a jail over it.

import Jail
import TestSupport

/// A directory that goes with its last reference.
final class ScratchRoot: Sendable {
  private let place: TemporaryDirectory
  let jail: Jail

  init() throws {
    place = try TemporaryDirectory()
    jail = try Jail(root: place.path)
  }

  var path: String { place.path }

  /// The names in it, sorted.
  var names: [String] { (try? place.names()) ?? [] }

  func write(_ text: String, to name: String) throws { try place.write(name, text) }

  func read(_ name: String) throws -> String { String(decoding: try place.read(name), as: UTF8.self) }
}
