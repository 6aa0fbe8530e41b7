// A directory of a test's own that is open, for calls that take a directory's descriptor.

import Glibc
import TestSupport
import UnitSupport

@testable import LinuxSystem

/// An empty directory that goes away with its last reference.
final class OpenDirectory {
  private let place: TemporaryDirectory
  private let descriptor: Descriptor

  init() throws {
    place = try TemporaryDirectory()
    descriptor = try File.open(place.path, flags: O_RDONLY | O_DIRECTORY)
  }

  var path: String { place.path }
  var number: Int32 { descriptor.number }

  /// Makes a file with `contents` and returns it open for reading and writing.
  @discardableResult
  func file(_ name: String, _ contents: [UInt8] = []) throws -> Held {
    let file = Held(try File.open(place.path(of: name), flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o644))
    try write(file.number, contents)
    return file
  }
}
