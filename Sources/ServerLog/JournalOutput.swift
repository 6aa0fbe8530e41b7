// Hands log entries to systemd's journal in its native protocol.

import Glibc
import LinuxSystem

/// The journal's socket as the far side of a ``LogSink``.
///
/// An entry waits in the sink as four bytes of length, least first, and the datagram. Source: systemd's
/// docs/JOURNAL_NATIVE_PROTOCOL.
public final class JournalOutput: LogOutput {
  /// Where journald listens.
  public static let standardPath = "/run/systemd/journal/socket"

  private let address: LocalAddress
  private let socket: LocalDatagrams

  /// Nil when `path` cannot name a socket, or none can be made.
  public init?(path: String = JournalOutput.standardPath) {
    guard let address = LocalAddress(path), let socket = try? LocalDatagrams(timeout: 250) else { return nil }
    self.address = address
    self.socket = socket
  }

  /// Whether `descriptor` is what the service manager connected to the journal: JOURNAL_STREAM names its device and inode.
  /// Source: systemd.exec(5).
  public static func isJournal(_ descriptor: Int32 = STDERR_FILENO, environment: [String: String]) -> Bool {
    guard let stream = environment["JOURNAL_STREAM"], let status = try? File.status(descriptor) else { return false }
    return stream == "\(status.deviceNumber):\(status.inode)"
  }

  /// The entry as it waits in a sink.
  static func frame(_ datagram: [UInt8]) -> [UInt8] {
    let length = UInt32(truncatingIfNeeded: datagram.count)
    return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: length >> $0) } + datagram
  }

  static func length(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 4 else { return nil }
    let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
    return bytes.count - 4 >= length ? length : nil
  }

  public func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> (rest: Int, failed: Bool) {
    var rest = bytes
    while let length = Self.length(rest) {
      let datagram = UnsafeRawBufferPointer(rebasing: rest[4..<(4 + length)])
      do throws(SystemError) {
        try send(datagram)
      } catch {
        // Wait for a slow journal, but not for one that is gone.
        guard error.code == EAGAIN else { return (rest.count, true) }
        if let deadline, MonotonicTime.now >= deadline { return (rest.count, false) }
        continue
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[(4 + length)...])
    }
    return (rest.count, !rest.isEmpty)
  }

  private func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) {
    do throws(SystemError) {
      try socket.send(datagram, to: address)
    } catch {
      guard error.code == EMSGSIZE || error.code == ENOBUFS else { throw error }
      try socket.sendSealed(datagram, name: "weftpd-journal", to: address)
    }
  }

  public func count(_ bytes: ArraySlice<UInt8>) -> Int { Self.countFrames(bytes) }

  static func countFrames(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { all in
      var rest = all
      var count = 0
      while let length = length(rest) {
        count += 1
        rest = UnsafeRawBufferPointer(rebasing: rest[(4 + length)...])
      }
      return count
    }
  }

  /// A datagram goes whole or not at all.
  public func mend(after last: UInt8) -> [UInt8] { [] }
}
