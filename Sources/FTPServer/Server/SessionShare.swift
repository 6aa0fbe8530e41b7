// The limits that sessions share: those of one user, of one user at one address, of all members of a group; and transfers of one user.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging

/// What a session is counted as one of when it has logged in.
struct SessionShare: Sendable, Equatable {
  enum Kind: UInt8, Sendable {
    case user, userAtAddress, group
  }

  let kind: Kind
  /// Who shares; different kinds have different keys.
  let key: [UInt8]
  /// How many there may be; 0: any number.
  let limit: Int

  init(_ kind: Kind, _ name: [UInt8], limit: Int) {
    self.kind = kind
    key = [kind.rawValue] + name
    self.limit = limit
  }
}

extension Session {
  /// What a session of `account` is counted as. An entry's own numbers take the place of the server's settings.
  func shares(of account: Account) -> [SessionShare] {
    let (user, options) = (key(of: account), account.options)
    var shares = [SessionShare(.user, user, limit: options.sessions ?? configuration.limits.sessionsPerUser)]
    if let limit = options.sessionsPerAddress {
      shares.append(SessionShare(.userAtAddress, user + [0] + control.peer.address.client.octets, limit: limit))
    }
    for group in account.groups {
      guard let limit = group.group.options.groupSessions else { continue }
      let name = Array((virtualHost?.name ?? "").utf8) + [0] + Array(group.group.name.utf8)
      shares.append(SessionShare(.group, name, limit: limit))
    }
    return shares
  }

  /// Refuses a login because there are as many sessions already as there may be.
  func refuse(_ full: SessionShare, after verb: Verb) -> Reply {
    isEnding = true
    switch full.kind {
    case .user:
      tell(.notice, "refused a login: the user has as many sessions as it may", record(verb: verb, result: 421))
      return Reply(421, "Too many sessions of this user. Close one, or try again later.")
    case .userAtAddress:
      tell(
        .notice, "refused a login: the user has as many sessions from this address as it may",
        record(verb: verb, result: 421))
      return Reply(421, "Too many sessions of this user from your address. Close one, or try again later.")
    case .group:
      tell(.notice, "refused a login: the group has as many sessions as it may", record(verb: verb, result: 421))
      return Reply(421, "Too many sessions of your group. Try again later.")
    }
  }

  /// Takes a place among the transfers of its user; listings need none.
  ///
  /// - Returns: false if there is none, and the client was told so; else whose place has to be given back.
  func takeTransferPlace(_ progress: TransferProgress) -> (isGranted: Bool, key: [UInt8]?) {
    guard progress.direction == .download || progress.direction == .upload, let identity,
      let limit = identity.account.options.transfers
    else { return (true, nil) }
    let key = key(of: identity.account)
    if context.registry.beginTransfer(of: key, limit: limit) { return (true, key) }
    reply(Reply(450, "Too many transfers of this user at once. Try again later."))
    tell(
      .command, .info, "transfer refused: the user has as many as it may",
      record(verb: progress.verb, path: progress.path.bytes, result: 450))
    return (false, nil)
  }
}
