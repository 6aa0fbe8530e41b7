// Limits and bans for clients with several addresses: every path of a multipath control connection counts.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  /// Counts the session against every address the client has a path from; further paths join soon after the first, so this is asked at
  /// the login and again at each transfer.
  ///
  /// - Returns: false if the client was sent away.
  func admitPaths() -> Bool {
    let limit = configuration.limits.sessionsPerAddress
    let policy = context.activePolicy
    guard control.isMultipath, limit > 0 || policy != nil else { return true }
    let addresses = control.peerPolicy.addresses
    let isWithinLimit = context.registry.count(id, peer: control.peer.address, paths: addresses, limit: limit)
    if isWithinLimit, policy?.admits(addresses) ?? true { return true }
    reply(
      isWithinLimit
        ? Reply(421, "Connections from your address are not accepted.")
        : Reply(421, "Too many connections from your addresses. Try again later."))
    tell(
      .notice, "ended a session: the address of one of its paths is banned or over its limit", record(result: 421))
    isEnding = true
    return false
  }
}
