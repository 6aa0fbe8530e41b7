// Reads the kernel's structures by offset, but only up to the length the kernel says it filled.

import Glibc
import LinuxSystem

/// A structure written by the kernel. Fields beyond its length do not exist on that kernel and are read as nil.
struct KernelBytes {
  let raw: UnsafeRawBufferPointer

  init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

  /// The part from `offset`, at most `count` bytes; empty beyond the end.
  init(_ raw: UnsafeRawBufferPointer, from offset: Int, count: Int) {
    let start = min(max(0, offset), raw.count)
    let length = min(max(0, count), raw.count - start)
    self.raw = UnsafeRawBufferPointer(rebasing: raw[start..<(start + length)])
  }

  var count: Int { raw.count }

  func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Value.Type = Value.self) -> Value? {
    guard offset >= 0, offset <= raw.count - MemoryLayout<Value>.size else { return nil }
    return raw.loadUnaligned(fromByteOffset: offset, as: type)
  }

  func byte(_ offset: Int) -> Int? { load(offset, as: UInt8.self).map(Int.init) }

  /// A u32 of milliseconds.
  func milliseconds(_ offset: Int) -> Duration? { load(offset, as: UInt32.self).map { .milliseconds(Int64($0)) } }

  /// A u32 of microseconds.
  func microseconds(_ offset: Int) -> Duration? { load(offset, as: UInt32.self).map { .microseconds(Int64($0)) } }

  /// `length` bytes as an IP address.
  func address(_ offset: Int, length: Int, scope: UInt32 = 0) -> IPAddress? {
    guard offset >= 0, offset <= raw.count - length else { return nil }
    return IPAddress(octets: Array(raw[offset..<(offset + length)]), scope: scope)
  }

  /// A sockaddr_in or sockaddr_in6, as its family says; nil for any other family.
  func socketAddress(_ offset: Int) -> SocketAddress? {
    guard let family = load(offset, as: UInt16.self), let port = load(offset + 2, as: UInt16.self) else { return nil }
    let address =
      switch Int32(family) {
      case AF_INET: self.address(offset + 4, length: 4)
      case AF_INET6: self.address(offset + 8, length: 16, scope: load(offset + 24, as: UInt32.self) ?? 0)
      default: nil as IPAddress?
      }
    return address.map { SocketAddress($0, port: UInt16(bigEndian: port)) }
  }
}
