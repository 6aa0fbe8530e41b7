// A password in memory of its own, overwritten when nobody holds it any more.

import Glibc

/// Bytes that are wiped when the last reference goes.
public final class Secret: @unchecked Sendable {
  // Never changed between init and deinit, so sharing it needs no lock.
  private let storage: UnsafeMutableRawBufferPointer

  /// Copies `bytes`; the caller's own copy stays the caller's to wipe.
  public init(_ bytes: some Collection<UInt8>) {
    storage = .allocate(byteCount: bytes.count, alignment: 1)
    storage.copyBytes(from: bytes)
  }

  deinit {
    Self.wipe(storage)
    storage.deallocate()
  }

  /// Bytes.
  public var count: Int { storage.count }

  /// Lends the bytes for the length of a call.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(storage))
  }

  /// Overwrites memory in a way the compiler does not leave out. Source: explicit_bzero(3).
  public static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
  }

  /// Overwrites an array that has no other owner.
  public static func wipe(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { wipe($0) } }
}
