// Where a log sink's bytes go: a descriptor, or a file that can be reopened.

import Glibc
import LinuxSystem

/// The far side of a ``LogSink``. Only one thread writes at a time.
public protocol LogOutput: Sendable {
  /// Writes whole entries as far as it can.
  ///
  /// - Parameter deadline: When to give up on a receiver that is slow; nil waits for ever.
  /// - Returns: The bytes that were not written, and whether an error is the reason and not the deadline.
  func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> (rest: Int, failed: Bool)
  /// How many entries `bytes` hold.
  func count(_ bytes: ArraySlice<UInt8>) -> Int
  /// The bytes to write before the next entry when a failed write may have cut one short; `last` is the last byte that was written.
  func mend(after last: UInt8) -> [UInt8]
}

/// Lines into a descriptor, which stays the caller's.
public struct DescriptorOutput: LogOutput {
  let descriptor: Int32

  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  public func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> (rest: Int, failed: Bool) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if let deadline, !isWritable(within: deadline.since(.now)) { return (rest.count, false) }
      // What poll(2) calls writable takes PIPE_BUF bytes without blocking, not more.
      let chunk = UnsafeRawBufferPointer(rebasing: deadline == nil ? rest : rest.prefix(4096))
      let count = Glibc.write(descriptor, chunk.baseAddress, chunk.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        // Another process that shares standard error may have made it non-blocking.
        _ = isWritable(within: 1_000_000_000)
      } else if count < 0, errno == EINTR {
        continue
      } else {
        return (rest.count, true)
      }
    }
    return (0, false)
  }

  public func count(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 == 0x0A } }

  public func mend(after last: UInt8) -> [UInt8] { last == 0x0A ? [] : [0x0A] }

  private func isWritable(within nanoseconds: Int64) -> Bool {
    Poll.wait(descriptor, .writable, milliseconds: Int32(clamping: max(0, nanoseconds) / 1_000_000))
  }
}

/// Lines appended to a file, which logrotate(8) may move away at any time.
public final class FileOutput: LogOutput {
  public let path: String
  private let file: Descriptor
  private let output: DescriptorOutput

  /// Opens `path` for appending, and makes it if there is none.
  ///
  /// - Parameter owner: the user whose rights open the file; nil: the process's own. It is the user the process is going to be, who has
  ///   to reopen the file later, and who may have put a symbolic link there: root must not follow it.
  public init(path: String, as owner: FileCredentials? = nil) throws(SystemError) {
    self.path = path
    let own = try owner?.assume()
    defer { own?.giveBack() }
    file = try Self.open(path)
    output = DescriptorOutput(file.number)
  }

  private static func open(_ path: String) throws(SystemError) -> Descriptor {
    try File.open(path, flags: O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, mode: 0o640)
  }

  /// Why ``init(path:as:)`` would fail; nil when it would not. It makes no file, which might then belong to the wrong user.
  static func fault(_ path: String, as owner: FileCredentials?) -> SystemError? {
    do throws(SystemError) {
      let own = try owner?.assume()
      defer { own?.giveBack() }
      do throws(SystemError) {
        _ = try File.open(path, flags: O_WRONLY | O_APPEND | O_NOCTTY)
      } catch  where error.code == ENOENT {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        if faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0 { throw SystemError(code: errno, call: "open") }
      }
      return nil
    } catch {
      return error
    }
  }

  /// Opens the path again: after logrotate(8) has moved the file away, this begins a new one. On failure the old file stays in use.
  ///
  /// The descriptor keeps its number, so a write under way needs no lock: its bytes go to the old file or to the new one.
  public func reopen() throws(SystemError) {
    let new = try Self.open(path)
    try File.replace(file.number, by: new.number)
  }

  public func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> (rest: Int, failed: Bool) {
    output.write(bytes, until: deadline)
  }

  public func count(_ bytes: ArraySlice<UInt8>) -> Int { output.count(bytes) }

  public func mend(after last: UInt8) -> [UInt8] { output.mend(after: last) }
}
