// USER, PASS, ACCT, REIN, QUIT (RFC 959, section 4.1.1; RFC 1635 for the anonymous login).

import Accounts
import FTPProtocol
import Jail
import LinuxSystem
import Logging
import Reactor

extension Session {
  func user(_ command: Command) async throws(FTPError) -> Reply {
    let name = command.argument
    if identity != nil { throw .sequence("You are logged in. To become another user, send REIN first.") }
    if accounts.anonymousRoot != nil, Account.isAnonymousName(name) {
      login = .named(name, nil)
      return Reply(331, "Anonymous login: send your e-mail address as password.")
    }
    let entry = try await lookUp(name)
    // A user who needs TLS is told so before the password has passed in clear.
    if let demand = entry?.options.tlsDemand { try requireProtectedLogin(TLSMode(demand)) }
    login = .named(name, entry)
    if let account = accountByCertificate(entry) {
      guard admitPaths() else { throw .controlConnectionLost }
      return try admit(account, after: "USER", 232)
    }
    if asksForCode(name, entry) {
      return Reply(336, "Password required, and the code of your authenticator application. [alg:totp]")
    }
    // The same answer whether there is such a user or not.
    return Reply(331, "Password required.")
  }

  func password(_ command: Command) async throws(FTPError) {
    guard case .named(let name, let entry) = login else {
      if case .verified = login { throw .sequence("The password was accepted: send ACCT.") }
      throw .sequence(identity == nil ? "Send USER first." : "You are logged in already.")
    }
    login = .greeted
    guard admitPaths() else { return }
    let accounts = accounts
    if let root = accounts.anonymousRoot, Account.isAnonymousName(name) {
      let account = Account(name: Array("anonymous".utf8), home: root, permissions: .readOnly, isAnonymous: true)
      return reply(try admit(account))
    }
    let isCounted = await waitForTurn(name)
    let started = MonotonicTime.now
    let factor = secondFactor(command.argument, name: name, entry: entry)
    switch await context.verifier.check(factor.password, hash: entry?.hash) {
    case .verified:
      guard let entry else { return refuse(name) }
      guard factor.isProven(for: name, used: context.usedCodes, at: WallClock.seconds) else {
        await waitForRefusal(since: started)
        if !isCounted { recordFailure(name) }
        return refuse(name)
      }
      let account = accounts.account(for: entry)
      if account.options.accountText != nil {
        login = .verified(account)
        return reply(Reply(332, "Password accepted. Send ACCT with your account."))
      }
      forgive(name)
      reply(try admit(account))
    case .rejected:
      if entry == nil, try await isLocalUser(name, factor.password) { return }
      await waitForRefusal(since: started)
      if !isCounted { recordFailure(name) }
      refuse(name)
    case .busy, .cancelled:
      // Not a wrong password, so not 530, which makes clients ask their user for another one.
      reply(Reply(421, "Too many logins at once. Try again later."))
      isEnding = true
    }
  }

  /// ACCT: what the user's entry asks for besides the password (332); superfluous for all others (202).
  func account(_ command: Command) async throws(FTPError) {
    guard case .verified(let account) = login else {
      if identity == nil { throw .sequence("Send USER and PASS first.") }
      return reply(Reply(202, "No account is needed here."))
    }
    login = .greeted
    let isCounted = await waitForTurn(account.name)
    guard let wanted = account.options.accountText, Self.areEqual(command.argument, wanted) else {
      if !isCounted { recordFailure(account.name) }
      return refuse(account.name, "ACCT")
    }
    forgive(account.name)
    reply(try admit(account))
  }

  /// Compares in a time that does not tell where the first difference is.
  private static func areEqual(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard given.count == wanted.count else { return false }
    return zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Waits as long as the client's addresses have deserved by wrong passwords.
  ///
  /// Right passwords wait as long as wrong ones: an answer that comes quickly must not tell that the guess was right.
  /// - Returns: whether the try is counted as a failure already. Who has failed before is counted on trying: many connections at
  ///   once must not each have the first delay.
  private func waitForTurn(_ name: [UInt8]) async -> Bool {
    let delay = control.peerPolicy.addresses.map { context.throttle.delayBeforeAnswer(address: $0.octets) }.max()
    guard let delay, delay > .zero else { return false }
    recordFailure(name)
    let end = MonotonicTime.now.advanced(by: delay.inNanoseconds)
    while context.ending.load(ordering: .relaxed) == .no, await parking.sleep(until: end) != .deadline {}
    return true
  }

  /// Counts a login that succeeded.
  func forgive(_ name: [UInt8]) {
    for address in control.peerPolicy.addresses { context.throttle.recordSuccess(address: address.octets, user: name) }
  }

  /// Lets the user in; the reply has the code, if the home can be opened.
  func admit(
    _ account: Account, as credentials: FileCredentials? = nil, after verb: Verb = "PASS", _ code: UInt16 = 230
  ) throws(FTPError) -> Reply {
    do {
      try enter(account, root: account.home, as: credentials)
      applyDefaultType()
      applyCharset()
      failedLogins = 0
      let note = code == 232 ? "by client certificate" : nil
      tell(.login, .info, "login", record(verb: verb, result: code, note: note))
      return account.permissions.isReadOnly ? Reply(code, "Logged in, read-only.") : Reply(code, "Logged in.")
    } catch {
      // The account is right, its directory is not: that is the operator's to mend and no reason to blame the password.
      tell(
        .error, "cannot open the home directory \(account.home): \(error)", record(verb: verb, result: 421))
      isEnding = true
      return Reply(421, "Your home directory cannot be opened. Tell the operator, and try again later.")
    }
  }

  /// Makes the tree at `root` the one the session sees.
  func enter(_ account: Account, root: String, as credentials: FileCredentials? = nil) throws(HomeError) {
    let jail: Jail
    if let credentials {
      // The jail of a local user is the user's alone: it acts with that user's rights.
      do throws(SystemError) { jail = try Jail(root: root, as: credentials) } catch { throw .cannotOpen(error) }
    } else {
      jail = try snapshot.jail(home: root)
    }
    login = .loggedIn(Identity(account: account, jail: jail))
    directory = .root
    // What an earlier command named was of another tree.
    parameters.fileState?.copySource = nil
    parameters.renameFrom = nil
  }

  /// Counts a failed login against every address the client has a path from, or it would change addresses with its subflows.
  private func recordFailure(_ name: [UInt8]) {
    for address in control.peerPolicy.addresses { context.throttle.recordFailure(address: address.octets, user: name) }
  }

  private func refuse(_ name: [UInt8], _ verb: Verb = "PASS") {
    failedLogins += 1
    let isTooOften = failedLogins >= configuration.limits.loginAttempts
    var record = record(verb: verb, result: isTooOften ? 421 : 530)
    record.user = name
    tell(.loginFailed, .notice, "login refused", record)
    if isTooOften {
      reply(Reply(421, "Login incorrect too many times. Goodbye."))
      isEnding = true
    } else {
      reply(FTPError.loginRefused.reply)
    }
  }

  /// REIN: back to the greeting. A transfer that runs is finished first, because commands wait for its end.
  func reinitialise(_ command: Command) throws(FTPError) -> Reply {
    channels.forget()
    // Only who had logged in gets the time for another login: REIN after REIN holds no connection open.
    if identity != nil { greeted = .now }
    login = .greeted
    directory = .root
    parameters = TransferParameters()
    extras = nil
    chooseHostByTLS()
    applyDefaultType()
    reinitialiseSecurity()
    return Reply(220, greeting)
  }

  func quit(_ command: Command) throws(FTPError) -> Reply {
    isEnding = true
    return Reply(221, "Goodbye.")
  }
}
