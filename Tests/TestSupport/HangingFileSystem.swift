// A file system that never answers: whoever looks a file up in it hangs, as on a dead network mount. Needs root and /dev/fuse.

import Foundation
import Glibc
import Synchronization

/// A FUSE mount of which only the root directory answers.
public final class HangingFileSystem: Sendable {
  /// Where it is mounted.
  public let path: String
  private let device: Int32
  /// The requests that are not answered.
  private let hanging = Mutex<[UInt64]>([])
  private let isReleased = Atomic<Bool>(false)

  /// How many calls have hung until now.
  public var hangingCalls: Int { hanging.withLock { $0.count } }

  /// - Parameter path: an empty directory.
  /// - Throws: ``TestFailure`` where nothing can be mounted.
  public init(at path: String) throws {
    self.path = path
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
    try require(device >= 0, "/dev/fuse cannot be opened")
    let options = "fd=\(device),rootmode=40000,user_id=0,group_id=0,allow_other"
    let result = options.withCString { Self.mount("weft-hang", path, "fuse", 0, UnsafeRawPointer($0)) }
    guard result == 0 else {
      close(device)
      throw TestFailure("mounting on \(path) failed: errno \(errno)")
    }
    let thread = Thread { [self] in answer() }
    thread.start()
  }

  /// Whether this machine lets the tests mount one.
  public static var isAvailable: Bool { geteuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0 }

  /// Unmounts it; whatever hangs fails.
  public func release() {
    guard !isReleased.exchange(true, ordering: .sequentiallyConsistent) else { return }
    for unique in hanging.withLock({ $0 }) { reply(unique, [], error: EIO) }
    // The thread sees the end of its device and closes it.
    _ = Self.unmount(path, 2)
  }

  // MARK: the protocol of FUSE (linux/fuse.h)

  private enum Operation {
    static let lookup: UInt32 = 1
    static let forget: UInt32 = 2
    static let attributes: UInt32 = 3
    static let start: UInt32 = 26
    static let openDirectory: UInt32 = 27
    static let interrupt: UInt32 = 36
    static let forgetMany: UInt32 = 42
  }

  /// FUSE_PARALLEL_DIROPS: without it only one lookup at a time is asked for in a directory.
  private static let parallel: UInt32 = 1 << 18

  private func answer() {
    var request = [UInt8](repeating: 0, count: 1 << 17)
    while true {
      let count = request.withUnsafeMutableBytes { read(device, $0.baseAddress, $0.count) }
      guard count >= 40 else { break }
      let (operation, unique) = request.withUnsafeBytes {
        ($0.load(fromByteOffset: 4, as: UInt32.self), $0.load(fromByteOffset: 8, as: UInt64.self))
      }
      switch operation {
      case Operation.lookup:
        hanging.withLock { $0.append(unique) }
        if isReleased.load(ordering: .relaxed) { reply(unique, [], error: EIO) }
      case Operation.forget, Operation.forgetMany, Operation.interrupt: break
      case Operation.start:
        reply(unique, Self.words([7, 31, 0, Self.parallel, 0, 65536, 1] + .init(repeating: 0, count: 9)))
      case Operation.attributes: reply(unique, Self.rootAttributes)
      case Operation.openDirectory: reply(unique, Self.words([0, 0, 0, 0]))
      default: reply(unique, [], error: ENOSYS)
      }
    }
    close(device)
  }

  private func reply(_ unique: UInt64, _ body: [UInt8], error: Int32 = 0) {
    let head = Self.words([UInt32(16 + body.count), UInt32(bitPattern: -error)])
    let bytes = head + withUnsafeBytes(of: unique) { Array($0) } + body
    _ = bytes.withUnsafeBytes { write(device, $0.baseAddress, $0.count) }
  }

  /// A directory that root owns, valid for an hour.
  private static var rootAttributes: [UInt8] {
    var fields = [UInt32](repeating: 0, count: 26)
    fields[0] = 3600
    fields[4] = 1
    fields[19] = UInt32(S_IFDIR | 0o755)
    fields[20] = 2
    fields[24] = 4096
    return words(fields)
  }

  private static func words(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
  }

  // MARK: what Glibc's module lacks

  private typealias Mount =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>, UInt, UnsafeRawPointer?
    ) -> Int32
  private typealias Unmount = @convention(c) (UnsafePointer<CChar>, Int32) -> Int32

  private static func mount(
    _ source: String, _ target: String, _ kind: String, _ flags: UInt, _ data: UnsafeRawPointer?
  ) -> Int32 {
    guard let symbol = dlsym(nil, "mount") else { return -1 }
    return unsafeBitCast(symbol, to: Mount.self)(source, target, kind, flags, data)
  }

  private static func unmount(_ target: String, _ flags: Int32) -> Int32 {
    guard let symbol = dlsym(nil, "umount2") else { return -1 }
    return unsafeBitCast(symbol, to: Unmount.self)(target, flags)
  }
}
