// The names of a directory that is small enough to be sorted, in two arrays.

import Glibc

/// Names one after the other in one buffer, each with the NUL that system calls want.
struct NameList {
  private var bytes: [UInt8] = []
  private var starts: [Int32] = []

  var count: Int { starts.count }

  mutating func append(_ name: UnsafeRawBufferPointer) {
    starts.append(Int32(truncatingIfNeeded: bytes.count))
    bytes.append(contentsOf: name)
    bytes.append(0)
  }

  /// Calls `body` with a name; the byte after it is NUL.
  func withName<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { raw in
      let rest = UnsafeRawBufferPointer(rebasing: raw[Int(starts[index])...])
      let length = rest.baseAddress.map { strlen($0.assumingMemoryBound(to: CChar.self)) } ?? 0
      return body(UnsafeRawBufferPointer(rebasing: rest[..<length]))
    }
  }

  /// Sorts by the bytes of the names.
  mutating func sort() {
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
      starts.sort { strcmp(base + Int($0), base + Int($1)) < 0 }
    }
  }

  /// Puts the names with the highest keys first; equal keys keep their order.
  mutating func sort(descendingBy keys: [Int64]) {
    let order = starts.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] > keys[$1] }
    starts = order.map { starts[$0] }
  }

  mutating func reverse() { starts.reverse() }
}
