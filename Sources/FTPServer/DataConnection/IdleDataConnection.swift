// The data connection that stays open between files, as modes B and C allow (RFC 959, sections 3.2 and 3.3).

import FTPTransfer
import LinuxSystem

/// An open data connection that waits for the next transfer of modes B and C.
final class IdleDataConnection {
  let data: DataConnection
  /// When it is closed for not being used.
  let expires: MonotonicTime

  init(_ data: DataConnection, expires: MonotonicTime) {
    self.data = data
    self.expires = expires
  }

  /// The descriptor that tells when the client closes it; -1 while bytes of the next file lie here unread.
  var watched: Int32 { data.unread.isEmpty ? data.number : -1 }

  /// Takes what has come; false when the client has closed it.
  func isOpen() -> Bool {
    guard data.unread.isEmpty else { return true }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      switch try? data.receive(into: buffer) {
      case nil, .moved(0)?: return false
      case .wouldBlock?: return true
      case .moved(let count)?:
        data.unread = Array(buffer[..<count])
        return true
      }
    }
  }
}
