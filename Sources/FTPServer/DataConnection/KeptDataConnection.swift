// The data connection that stays open between files, as modes B and C allow (RFC 959, sections 3.2 and 3.3).

import FTPProtocol
import LinuxSystem

/// An open data connection that waits for the next transfer of modes B and C.
final class KeptDataConnection {
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

extension Session {
  /// Keeps the connection of the transfer that ends now for the next one.
  func keep(_ data: DataConnection) {
    keptData = KeptDataConnection(
      data, expires: MonotonicTime.now.advanced(by: configuration.timeouts.dataStall.inNanoseconds))
  }

  /// Closes the connection that was kept: another port is asked for, the mode changes, or the session ends.
  func closeKeptData() {
    keptData?.data.close()
    keptData = nil
  }

  /// The connection that was kept, if it is still open and no other was asked for since.
  func takeKeptData() -> DataConnection? {
    guard let kept = keptData else { return nil }
    // PROT may have changed meanwhile.
    let isProtectedAsAsked = (kept.data.tls != nil) == protection.isPrivate
    guard parameters.format.endsInBand, isProtectedAsAsked, case .none = dataPort, kept.isOpen() else {
      closeKeptData()
      return nil
    }
    keptData = nil
    data = kept.data
    return kept.data
  }

  /// Something has come on the connection that was kept, most likely its end.
  func inspectKeptData() {
    if let kept = keptData, !kept.isOpen() { closeKeptData() }
  }
}
