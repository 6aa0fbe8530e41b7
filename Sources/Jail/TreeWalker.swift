// Walks through a tree of directories one entry at a time, with one descriptor per level, and follows no links.

import Glibc
import LinuxSystem

/// A walk beneath a directory. Every directory is opened by its name in the directory above, whose descriptor is held, so the walk
/// stays beneath its top whatever is renamed or linked meanwhile.
struct TreeWalker: ~Copyable {
  struct Step {
    /// Its name in ``TreeWalker/directory``.
    let name: [UInt8]
    let status: FileStatus
    /// Whether this is a directory whose entries have all been visited.
    let isLeaving: Bool
  }

  private var current: DirectoryReader
  /// The directories above ``current``, by the steps that led down.
  private var above: [Step] = []
  private var readers: [HeldReader] = []

  /// Whether it enters other file systems that are mounted in the tree.
  private let crossesMounts: Bool

  init(_ top: consuming Descriptor, crossingMounts: Bool = false) {
    current = DirectoryReader(top)
    crossesMounts = crossingMounts
  }

  /// The directory of the current step.
  var directory: Int32 { current.number }
  var depth: Int { above.count }

  /// The next entry; nil at the end. Entries that have vanished meanwhile are skipped.
  mutating func next() throws(SystemError) -> Step? {
    while true {
      let name = try current.next { Array($0) }
      guard let name else { return leave() }
      let directory = current.number
      do throws(SystemError) {
        let status = try withCString(name) { (name) throws(SystemError) in try File.status(in: directory, name: name) }
        return Step(name: name, status: status, isLeaving: false)
      } catch  where error.code == ENOENT {
        continue
      }
    }
  }

  /// Continues inside the directory that `step` has just named.
  mutating func descend(_ step: Step) throws(SystemError) {
    let directory = current.number
    let crossesMounts = crossesMounts
    let inner = try withCString(step.name) { (name) throws(SystemError) -> Int32 in
      try File.openDirectory(in: directory, name: name, crossingMounts: crossesMounts).release()
    }
    above.append(step)
    var reader = DirectoryReader(Descriptor(owning: inner))
    swap(&reader, &current)
    readers.append(HeldReader(reader))
  }

  private mutating func leave() -> Step? {
    guard let way = above.popLast(), let held = readers.popLast(), var reader = held.take() else { return nil }
    swap(&reader, &current)
    return Step(name: way.name, status: way.status, isLeaving: true)
  }
}

/// A box that lets an array hold a reader, which cannot be copied.
private final class HeldReader {
  private var reader: DirectoryReader?

  init(_ reader: consuming DirectoryReader) { self.reader = consume reader }

  func take() -> DirectoryReader? {
    var taken: DirectoryReader?
    swap(&taken, &reader)
    return taken
  }
}
