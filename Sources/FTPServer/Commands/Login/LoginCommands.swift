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
    beginLoginAnew()
    if isAnonymousLogin(name) { return askForAddress(name) }
    let named = try await lookUpNow(name)
    // A user who needs TLS is told so before the password has passed in clear.
    if let demand = named.entry?.options.tlsDemand { try requireProtectedLogin(TLSMode(demand)) }
    if let entry = named.entry, let account = accountByCertificate(entry) {
      login = .named(named)
      guard admitPaths() else { throw .controlConnectionLost }
      return admit(account, .entry(EntryProof(entry, byCertificate: true)), after: "USER", 232)
    }
    return try askForPassword(named)
  }

  /// Whether USER means the anonymous login.
  func isAnonymousLogin(_ name: [UInt8]) -> Bool {
    accounts.anonymousRoot != nil && Account.isAnonymousName(name)
  }

  /// The answer to USER of an anonymous client.
  func askForAddress(_ name: [UInt8]) -> Reply {
    login = .named(NamedUser(name: name, entry: nil, snapshot: context.snapshot))
    return Reply(331, "Anonymous login: send your e-mail address as password.")
  }

  /// The answer to USER of all others.
  func askForPassword(_ named: NamedUser) throws(FTPError) -> Reply {
    if let demand = named.entry?.options.tlsDemand { try requireProtectedLogin(TLSMode(demand)) }
    login = .named(named)
    if asksForCode(named.name, named.entry) {
      return Reply(336, "Password required, and the code of your authenticator application. [alg:totp]")
    }
    // The same answer whether there is such a user or not.
    return Reply(331, "Password required.")
  }

  func password(_ command: Command) async throws(FTPError) {
    guard case .named(let given) = login else {
      if case .verified = login { throw .sequence("The password was accepted: send ACCT.") }
      throw .sequence(identity == nil ? "Send USER first." : "You are logged in already.")
    }
    login = .greeted
    guard admitPaths() else { return }
    let name = given.name
    if let account = accounts.anonymousAccount, Account.isAnonymousName(name) {
      // The address that RFC 1635 asks for is no secret, and all there is to know of who came.
      let address = Account.display(command.argument.prefix(200))
      return reply(admit(account, .anonymous, note: address.isEmpty ? nil : "gave the address \(address)"))
    }
    let named = try await refreshed(given)
    let attempt = LoginAttempt(
      name, from: control.peerPolicy.addresses, wantsCode: named.entry?.options.oneTimeSecret != nil)
    let started = MonotonicTime.now
    let factor = secondFactor(command.argument, name: name, entry: named.entry)
    switch await verify(factor.password, of: named, attempt) {
    case .verified:
      guard named.entry != nil else { return refuse(name) }
      guard factor.isProven(for: name, used: context.usedCodes, at: WallClock.seconds) else {
        context.budget.recordFailure(name, from: attempt.addresses, .code)
        await waitForRefusal(since: started)
        return refuse(name)
      }
      // A reload that came meanwhile counts.
      guard let entry = try await refreshed(named).entry, EntryProof(entry, byCertificate: false) == named.proof else {
        return refuse(name)
      }
      if entry.options.accountText != nil {
        login = .verified(named)
        return reply(Reply(332, "Password accepted. Send ACCT with your account."))
      }
      context.budget.recordSuccess(name, from: attempt.addresses)
      reply(admit(accounts.account(for: entry), .entry(EntryProof(entry, byCertificate: false))))
    case .rejected:
      if named.entry == nil, await isLocalUser(attempt, factor.password) { return }
      await waitForRefusal(since: started)
      refuse(name)
    case .overBudget: await refuseOverBudget(name)
    case .busy, .cancelled:
      // Not a wrong password, so not 530, which makes clients ask their user for another one.
      reply(Reply(421, "Too many logins at once. Try again later."))
      isEnding = true
    }
  }

  /// ACCT: what the user's entry asks for besides the password (332); superfluous for all others (202).
  func account(_ command: Command) async throws(FTPError) {
    guard case .verified(let given) = login else {
      if identity == nil { throw .sequence("Send USER and PASS first.") }
      return reply(Reply(202, "No account is needed here."))
    }
    login = .greeted
    let (name, addresses) = (given.name, control.peerPolicy.addresses)
    guard context.budget.admits(name, from: addresses) else { return await refuseOverBudget(name, "ACCT") }
    guard let entry = try await refreshed(given).entry, EntryProof(entry, byCertificate: false) == given.proof,
      let wanted = entry.options.accountText, Self.areEqual(command.argument, wanted)
    else {
      context.budget.recordFailure(name, from: addresses)
      return refuse(name, "ACCT")
    }
    context.budget.recordSuccess(name, from: addresses)
    reply(admit(accounts.account(for: entry), .entry(EntryProof(entry, byCertificate: false))))
  }

  /// Compares in a time that does not tell where the first difference is.
  private static func areEqual(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard given.count == wanted.count else { return false }
    return zip(given, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// Lets the user in; the reply has the code, if the home can be opened.
  func admit(
    _ account: Account, _ proof: LoginProof, as credentials: FileCredentials? = nil, after verb: Verb = "PASS",
    _ code: UInt16 = 230, note: String? = nil
  ) -> Reply {
    let options = account.options
    if let bar = options.bar(at: WallClock.seconds, from: control.peerPolicy.addresses) {
      return refuse(account, bar, after: verb)
    }
    guard account.isAnonymous || context.activePolicy?.admits(user: policyName(of: account.name)) ?? true else {
      tell(.notice, "refused a login: the user is banned", record(verb: verb, result: 421))
      isEnding = true
      return Reply(421, "Too many failed logins. Try again later.")
    }
    if let full = context.registry.logIn(id, as: shares(of: account)) { return refuse(full, after: verb) }
    do {
      try enter(account, root: account.home, proof, as: credentials)
      applyDefaultType()
      applyCharset()
      failedLogins = 0
      let note = code == 232 ? "by client certificate" : note
      tell(.login, .info, "login", record(verb: verb, result: code, note: note))
      return welcome(code, options.welcome)
    } catch {
      // The account is right, its directory is not: that is the operator's to mend and no reason to blame the password.
      tell(
        .error, "cannot open the home directory \(account.home): \(error)", record(verb: verb, result: 421))
      isEnding = true
      return Reply(421, "Your home directory cannot be opened. Tell the operator, and try again later.")
    }
  }

  /// The reply to a login, with what the user's entry says besides.
  private func welcome(_ code: UInt16, _ text: String?) -> Reply {
    let isReadOnly = identity?.permissions(at: nil).isReadOnly ?? true
    let reply = isReadOnly ? Reply(code, "Logged in, read-only.") : Reply(code, "Logged in.")
    var lines = text.map { Self.lines(of: $0.utf8) } ?? []
    if let identity { lines += message(in: .root, for: identity) }
    if lines.isEmpty { return reply }
    return Reply(code, opening: "Welcome", lines: lines, closing: isReadOnly ? "Logged in, read-only." : "Logged in.")
  }

  /// Refuses a user whose password is right. That is told: it is no guess any more, and who it is can do something about it.
  private func refuse(_ account: Account, _ bar: LoginBar, after verb: Verb) -> Reply {
    failedLogins += 1
    login = .greeted
    var record = record(verb: verb, result: 530)
    record.user = account.name
    tell(.loginFailed, .notice, "login refused: \(bar.reason)", record)
    if failedLogins >= configuration.limits.loginAttempts { isEnding = true }
    return switch bar {
    case .disabled: Reply(530, "This account is switched off. Ask the operator.")
    case .expired: Reply(530, "This account has expired. Ask the operator.")
    case .fromElsewhere: Reply(530, "This account may not be used from your address.")
    case .atThisHour: Reply(530, "This account may not be used at this hour.")
    }
  }

  /// Makes the tree at `root` the one the session sees.
  func enter(
    _ account: Account, root: String, _ proof: LoginProof, as credentials: FileCredentials? = nil
  ) throws(HomeError) {
    let jail: Jail
    if let credentials {
      // The jail of a local user is the user's alone: it acts with that user's rights.
      do throws(SystemError) { jail = try Jail(root: root, as: credentials) } catch { throw .cannotOpen(error) }
    } else {
      let mayWrite = !(FileRules(account)?.somewhere ?? account.permissions).isReadOnly
      let home = try self.jail(root, mayWrite: mayWrite)
      jail = root == account.home ? home.with(branches(of: account)) : home
    }
    login = .loggedIn(Identity(account: account, jail: jail, root: root, proof: proof))
    directory = .root
    // What an earlier command named was of another tree.
    parameters.fileState?.copySource = nil
    parameters.renameFrom = nil
  }

  /// The other trees that the account sees beneath its `/`. One that cannot be opened is left out: the rest is there.
  private func branches(of account: Account) -> [JailBranch] {
    account.options.directories.compactMap { directory in
      do throws(HomeError) {
        return JailBranch(path: directory.path, jail: try jail(directory.target, mayWrite: !directory.isReadOnly))
      } catch {
        tell(
          .error, "cannot open the virtual directory \(directory.target): \(error)", record(path: directory.path.bytes))
        return nil
      }
    }
  }

  /// REIN: back to the greeting. A transfer that runs is completed, and the data port it was given is its own.
  func reinitialise(_ command: Command) throws(FTPError) -> Reply {
    if transfer == nil { channels.forget() }
    tellLogout(after: "REIN")
    // Only who had logged in gets the time for another login: REIN after REIN holds no connection open.
    if identity != nil { greeted = .now }
    logOut()
    directory = .root
    parameters = TransferParameters()
    extras = nil
    chooseHostByTLS()
    applyDefaultType()
    reinitialiseSecurity()
    return Reply(220, greeting)
  }

  /// QUIT: the connection closes; while a transfer runs, behind its final reply.
  func quit(_ command: Command) throws(FTPError) -> Reply {
    isEnding = true
    return Reply(221, "Goodbye.")
  }
}
