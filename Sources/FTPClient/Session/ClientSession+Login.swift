// Who the user is: USER, PASS, ACCT, and what is asked of the server right behind them.

import FTPProtocol
import LinuxSystem

extension ClientSession {
  /// Logs in, and asks for the server's features (FEAT).
  ///
  /// Nothing secret is said in clear that ``ClientOptions/security`` does not allow: with `required` and `implicit` there is no session
  /// without TLS.
  ///
  /// - Throws: ``ClientError/Code/loginRefused`` with the server's words; with them ``ClientError/reply`` of 331 or 332 when a password or
  ///   an account is asked for that ``Credentials`` does not have.
  public func login(_ credentials: Credentials) async throws(ClientError) {
    try await enter()
    defer { leave() }
    var reply = try await exchange(Command(verb: "USER", argument: credentials.user))
    // 336: the server asks for a code besides the password (RFC 2228); clients send both as the password.
    if reply.code == 331 || reply.code == 336 {
      guard let password = credentials.password else {
        throw ClientError(.loginRefused, "\(credentials) needs a password", reply: reply)
      }
      reply = try await exchange(Command(verb: "PASS", argument: password))
    }
    if reply.code == 332 {
      guard let account = credentials.account else {
        throw ClientError(.loginRefused, "\(credentials) needs an account", reply: reply)
      }
      reply = try await exchange(Command(verb: "ACCT", argument: account))
    }
    guard reply.kind == .completion else {
      throw ClientError(.loginRefused, "the login of \(credentials) was refused", reply: reply)
    }
    welcome.append(reply)
    try await learnFeatures()
  }

  private func learnFeatures() async throws(ClientError) {
    let reply = try await exchange(Command(verb: "FEAT"))
    features = ServerFeatures(reply) ?? ServerFeatures()
    let limits = features.contains("LIMITS") ? options.limits : nil
    if let limits { try queueAhead(limits.wanted.command) }
    if options.announcesUTF8, features.namesAreUTF8 {
      // A server that refuses has UTF-8 anyway, or never will. Nothing is said that depends on the answer, so more goes with it.
      try queueAhead(Command(verb: "OPTS", argument: Array("UTF8 ON".utf8)))
      try queueAhead(.type(.image))
      if limits != nil { takeLimits(try await finalReply()) }
      _ = try await finalReply()
      if try await finalReply().kind == .completion { formatInForce.type = .image }
    } else if limits != nil {
      takeLimits(try await finalReply())
    }
  }

  /// Settles how data connections are protected (RFC 4217, section 9), once in a session.
  func settleProtection() async throws(ClientError) {
    guard protectsData == nil else { return }
    guard control.tls != nil else {
      protectsData = false
      return
    }
    try await perform(Command(verb: "PBSZ", argument: [0x30]))
    let level: UInt8 = options.clearData ? UInt8(ascii: "C") : UInt8(ascii: "P")
    let reply = try await exchange(Command(verb: "PROT", argument: [level]))
    guard reply.kind == .completion else {
      throw ClientError(.unprotected, "the server does not protect data connections", reply: reply)
    }
    protectsData = !options.clearData
  }

  /// Says QUIT, waits for the answer if the connection is still good, and closes. May be called at any time, more than once.
  public func quit() async {
    do throws(ClientError) {
      try await enter()
      defer { leave() }
      let deadline = MonotonicTime.now.advanced(by: min(options.timeouts.reply, .seconds(5)).inNanoseconds)
      try await send(Command(verb: "QUIT"))
      _ = try await nextReply(until: deadline)
    } catch {
      // Whatever it was, the session ends.
    }
    fail(ClientError(.connectionLost, "the session was ended by QUIT"))
  }

  /// Says NOOP whenever nothing was said for `interval`, until the task is cancelled or the session ends. For a child task beside those
  /// that use the session; a long transfer is kept alive by TCP itself.
  public func keepAlive(every interval: Duration) async {
    while failure == nil, !Task.isCancelled {
      let idle = MonotonicTime.now.since(lastCommand)
      let rest = interval.inNanoseconds - idle
      if rest > 0 {
        try? await Task.sleep(for: .nanoseconds(rest))
      } else {
        do throws(ClientError) { try await noop() } catch { if failure != nil { return } }
      }
    }
  }
}
