// The way in for whoever embeds the server to turn clients away by their addresses, and users by their names.

import LinuxSystem

/// Something that may be held against a client.
public enum ClientOffence: Sendable {
  /// It has connected. Told of each connection that ``ClientPolicy/admits(_:)`` let in, before limits are looked at.
  case connection
  /// Its password, code or account was wrong, or there is no such user.
  case failedLogin
  /// It sent a line that is no command of this server.
  case unknownCommand
}

/// Says which clients may stay. It is asked on acceptor threads and sessions' queues, so it must be quick and not block.
public protocol ClientPolicy: Sendable {
  /// Whether a client with these addresses may stay.
  ///
  /// Asked when a client has connected, with its one address; before its login is answered, and at each transfer, with every address its
  /// control connection has a path from: with multipath TCP a ban that knows only the first could be walked around.
  func admits(_ addresses: [IPAddress]) -> Bool

  /// Whether a user may log in, with whatever password. On a virtual host the name is `name@host`.
  func admits(user name: [UInt8]) -> Bool

  /// Tells of an offence.
  ///
  /// - Parameters:
  ///   - user: whose login failed, as in ``admits(user:)``; empty for other offences.
  ///   - addresses: every address the client has a path from, that of its control connection first.
  func note(_ offence: ClientOffence, user: [UInt8], from addresses: [IPAddress])

  /// True while nobody is turned away and no offence matters: then none of the others is called.
  var isIdle: Bool { get }
}

extension ClientPolicy {
  public func admits(user name: [UInt8]) -> Bool { true }
  public func note(_ offence: ClientOffence, user: [UInt8], from addresses: [IPAddress]) {}
  public var isIdle: Bool { false }
}

extension ServerContext {
  /// The policy, while it has anything to say.
  var activePolicy: (any ClientPolicy)? {
    guard let policy, !policy.isIdle else { return nil }
    return policy
  }
}

extension Session {
  /// Tells the policy of an offence of this client.
  func note(_ offence: ClientOffence, user: [UInt8] = []) {
    context.activePolicy?.note(offence, user: user, from: control.peerPolicy.addresses)
  }

  /// The name by which a policy knows a user.
  func policyName(of user: [UInt8]) -> [UInt8] { virtualHost.map { user + Array("@\($0.name)".utf8) } ?? user }

  /// Acts on a policy that has changed: ends the session if its client or its user is not admitted any more.
  func reviewPolicy() {
    guard let policy = context.activePolicy, !activity.isTold else { return }
    let isUserAdmitted = identity.map { policy.admits(user: policyName(of: $0.account.name)) } ?? true
    if isUserAdmitted, policy.admits(control.peerPolicy.addresses) { return }
    tell(
      .notice,
      isUserAdmitted
        ? "ending the session: the address of one of its paths is banned" : "ending the session: the user is banned",
      record(result: 421))
    activity.end(saying: "Connections from your address are not accepted.")
  }
}

extension FTPServer {
  /// Has the policy asked about the clients that are connected: who is not admitted any more hears 421, and a transfer ends with 426.
  ///
  /// - Parameter users: whether it has changed its mind about users, too.
  public func reviewClients(users: Bool) {
    guard let policy = context.activePolicy else { return }
    context.registry.review(policy, users: users)
  }
}

extension SessionRegistry {
  /// Ends sessions from addresses that are not admitted, and has those look for themselves whose paths or users matter.
  func review(_ policy: any ClientPolicy, users: Bool) {
    for session in all {
      if !policy.admits([session.peer.address]) {
        session.end(saying: "Connections from your address are not accepted.")
      } else if session.isMultipath || users {
        session.reviewPolicy()
      }
    }
  }
}
