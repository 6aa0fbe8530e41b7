// USER, PASS, ACCT, QUIT (RFC 959, section 4.1.1; RFC 1635 for the anonymous login).

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor

extension Session {
  func user(_ command: Command) throws(FTPError) -> Reply {
    if identity != nil { throw .sequence("You are logged in. To become another user, connect anew.") }
    login = .named(command.argument)
    if snapshot.accounts.anonymousRoot != nil, Account.isAnonymousName(command.argument) {
      return Reply(331, "Anonymous login: send your e-mail address as password.")
    }
    if asksForCode(command.argument) {
      return Reply(336, "Password required, and the code of your authenticator application. [alg:totp]")
    }
    // The same answer whether there is such a user or not.
    return Reply(331, "Password required.")
  }

  func password(_ command: Command) async throws(FTPError) {
    guard case .named(let name) = login else {
      throw .sequence(identity == nil ? "Send USER first." : "You are logged in already.")
    }
    login = .greeted
    let accounts = snapshot.accounts
    if let root = accounts.anonymousRoot, Account.isAnonymousName(name) {
      let account = Account(name: Array("anonymous".utf8), home: root, isReadOnly: true, isAnonymous: true)
      return try admit(account)
    }
    let addresses = control.peerPolicy.addresses.map(\.octets)
    // Right passwords wait as long as wrong ones: an answer that comes quickly must not tell that the guess was right.
    let delay = addresses.map { context.throttle.delayBeforeAnswer(address: $0) }.max() ?? .zero
    // Who has failed before is counted on trying: many connections at once must not each have the first delay.
    if delay > .zero {
      recordFailure(name)
      _ = await parking.sleep(until: MonotonicTime.now.advanced(by: delay.inNanoseconds))
    }
    let entry = accounts.entry(named: name)
    let factor = secondFactor(command.argument, name: name, entry: entry)
    switch await context.verifier.check(factor.password, hash: entry?.hash) {
    case .verified:
      guard let entry else { return refuse(name) }
      guard factor.isProven(for: name, used: context.usedCodes, at: WallClock.seconds) else {
        if delay == .zero { recordFailure(name) }
        return refuse(name)
      }
      for address in addresses { context.throttle.recordSuccess(address: address, user: name) }
      try admit(accounts.account(for: entry))
    case .rejected:
      if delay == .zero { recordFailure(name) }
      refuse(name)
    case .busy, .cancelled:
      // Not a wrong password, so not 530, which makes clients ask their user for another one.
      reply(Reply(421, "Too many logins at once. Try again later."))
      isEnding = true
    }
  }

  private func admit(_ account: Account) throws(FTPError) {
    do {
      let jail = try snapshot.jail(home: account.home)
      login = .loggedIn(Identity(account: account, jail: jail))
      directory = .root
      failedLogins = 0
      reply(account.isReadOnly ? Reply(230, "Logged in, read-only.") : Reply(230, "Logged in."))
      context.logger.event(.info, "login", record(verb: "PASS", result: 230))
    } catch {
      // The account is right, its directory is not: that is the operator's to mend and no reason to blame the password.
      context.logger.event(
        .error, "cannot open the home directory \(account.home): \(error)", record(verb: "PASS", result: 421))
      reply(Reply(421, "Your home directory cannot be opened. Tell the operator, and try again later."))
      isEnding = true
    }
  }

  /// Counts a failed login against every address the client has a path from, or it would change addresses with its subflows.
  private func recordFailure(_ name: [UInt8]) {
    for address in control.peerPolicy.addresses { context.throttle.recordFailure(address: address.octets, user: name) }
  }

  private func refuse(_ name: [UInt8]) {
    failedLogins += 1
    var record = record(verb: "PASS", result: 530)
    record.user = name
    context.logger.event(.notice, "login refused", record)
    if failedLogins >= configuration.limits.loginAttempts {
      reply(Reply(421, "Login incorrect, too often. Goodbye."))
      isEnding = true
    } else {
      reply(FTPError.loginRefused.reply)
    }
  }

  func account(_ command: Command) throws(FTPError) -> Reply {
    Reply(202, "No account is needed here.")
  }

  func quit(_ command: Command) throws(FTPError) -> Reply {
    isEnding = true
    return Reply(221, "Goodbye.")
  }
}
