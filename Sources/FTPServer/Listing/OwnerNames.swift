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

  /// The number of a group given by number or name; nil if there is no such name. Source: getgrnam_r(3).
  func groupNumber(_ text: [UInt8]) -> UInt32? {
    if text.allSatisfy({ 0x30...0x39 ~= $0 }) {
      // The last number means "leave it as it is" to chown(2).
      return UInt32(String(decoding: text, as: UTF8.self)).flatMap { $0 == .max ? nil : $0 }
    }
    let name = String(decoding: text, as: UTF8.self)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
      var entry = Glibc.group()
      var result: UnsafeMutablePointer<Glibc.group>?
      guard let base = buffer.baseAddress, getgrnam_r(name, &entry, base, buffer.count, &result) == 0, result != nil
      else { return nil }
      return entry.gr_gid
    }
  }

  private static func lookUp(_ id: UInt32, _ body: (UnsafeMutablePointer<CChar>, Int) -> String?) -> [UInt8] {
    let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      buffer.baseAddress.flatMap { body($0, buffer.count) }
    }
    guard let name, !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return Array("\(id)".utf8) }
    return Array(name.utf8)
  }
}
