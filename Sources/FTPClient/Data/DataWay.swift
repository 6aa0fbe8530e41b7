// The ways to a data connection, and in which order they are tried.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// How a data connection comes about.
enum DataWay: Sendable, Hashable, CaseIterable {
  /// EPSV (RFC 2428).
  case extendedPassive
  /// PASV (RFC 959), IPv4 only.
  case passive
  /// PORT or EPRT: the server connects.
  case active

  var isActive: Bool { self == .active }

  /// The ways to try, the first first.
  ///
  /// - Parameters:
  ///   - mode: what the caller allows.
  ///   - family: of the control connection.
  ///   - last: what worked last.
  ///   - refused: what the server does not know. If that is all there is, all is tried again.
  static func order(
    _ mode: ClientOptions.DataMode, _ family: IPAddress.Family, last: DataWay?, refused: Set<DataWay>
  ) -> [DataWay] {
    let allowed = allCases.filter { way in
      if way == .passive, family == .ipv6 { return false }
      switch mode {
      case .automatic: return true
      case .passive: return way != .active
      case .active: return way == .active
      }
    }
    let known = allowed.filter { !refused.contains($0) }
    let ways = known.isEmpty ? allowed : known
    guard let last, ways.contains(last) else { return ways }
    return [last] + ways.filter { $0 != last }
  }
}

/// A data connection, or where it will come from.
enum PreparedData {
  case connected(DataConnection)
  case listening(ActiveListener)
}
