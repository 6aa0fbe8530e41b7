// The names of user and group ids, looked up once each.

import Glibc
import Synchronization

/// A cache in front of getpwuid_r(3) and getgrgid_r(3). An id without a name, or with one that has a blank in it, is shown as its number.
final class OwnerNames: Sendable {
  private struct State {
    var users: [UInt32: [UInt8]] = [:]
    var groups: [UInt32: [UInt8]] = [:]
  }

  private let state = Mutex(State())
  /// More ids than this are not remembered.
  private static let limit = 4096

  func user(_ id: UInt32) -> [UInt8] {
    if let name = state.withLock({ $0.users[id] }) { return name }
    let name = Self.lookUp(id) { buffer, count in
      var entry = passwd()
      var result: UnsafeMutablePointer<passwd>?
      guard getpwuid_r(id, &entry, buffer, count, &result) == 0, result != nil, let text = entry.pw_name else {
        return nil
      }
      return String(cString: text)
    }
    state.withLock { if $0.users.count < Self.limit { $0.users[id] = name } }
    return name
  }

  func group(_ id: UInt32) -> [UInt8] {
    if let name = state.withLock({ $0.groups[id] }) { return name }
    let name = Self.lookUp(id) { buffer, count in
      var entry = Glibc.group()
      var result: UnsafeMutablePointer<Glibc.group>?
      guard getgrgid_r(id, &entry, buffer, count, &result) == 0, result != nil, let text = entry.gr_name else {
        return nil
      }
      return String(cString: text)
    }
    state.withLock { if $0.groups.count < Self.limit { $0.groups[id] = name } }
    return name
  }

  private static func lookUp(_ id: UInt32, _ body: (UnsafeMutablePointer<CChar>, Int) -> String?) -> [UInt8] {
    let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      buffer.baseAddress.flatMap { body($0, buffer.count) }
    }
    guard let name, !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return Array("\(id)".utf8) }
    return Array(name.utf8)
  }
}
