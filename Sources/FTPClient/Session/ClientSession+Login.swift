// Who the user is: USER, PASS, ACCT, and what is asked of the server right behind them.

import FTPProtocol
import LinuxSystem

extension ClientSession {
  /// Logs in, and asks for the server's features (FEAT).
  ///
  /// Nothing secret is said in clear that ``ClientOptions/security`` does not allow: with `required` and `implicit` there is no session
  /// without TLS.
  ///
  /// - Parameters:
  ///   - known: what another session of the same user with the same server has learned (``features``). It is not asked for again: each
  ///     round trip counts where several sessions move parts of one file.
  ///   - goesAhead: does not wait for the answers to what is said behind FEAT (OPTS, TYPE): they come with that to the next command, and
  ///     only then ``ClientLimits/agreed`` says what the server is ready for.
  /// - Throws: ``ClientError/Code/loginRefused`` with the server's words; with them ``ClientError/reply`` of 331 or 332 when a password or
  ///   an account is asked for that ``Credentials`` does not have.
  public func login(
    _ credentials: Credentials, known: ServerFeatures? = nil, goesAhead: Bool = false
  ) async throws(ClientError) {
    try await enter()
    defer { leave() }
    var reply = try await identify(credentials, inOneBreath: known?.contains("LIMITS") ?? false)
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
    if let known {
      features = known
    } else {
      features = ServerFeatures(try await exchange(Command(verb: "FEAT"))) ?? ServerFeatures()
    }
    try introduce(assumesImage: known != nil)
    if !goesAhead { try await settleOwed() }
  }

  /// USER and PASS.
  ///
  /// - Parameter inOneBreath: the server is known to take the password before it has answered to the name.
  private func identify(_ credentials: Credentials, inOneBreath: Bool) async throws(ClientError) -> ReceivedReply {
    let user = Command(verb: "USER", argument: credentials.user)
    if inOneBreath, let password = credentials.password {
      try takeUnasked()
      try queueAhead(user)
      try queueAhead(Command(verb: "PASS", argument: password))
      let (first, second) = (try await finalReply(), try await finalReply())
      return first.code == 331 || first.code == 336 ? second : first
    }
    let reply = try await exchange(user)
    // 336: the server asks for a code besides the password (RFC 2228); clients send both as the password.
    guard reply.code == 331 || reply.code == 336 else { return reply }
    guard let password = credentials.password else {
      throw ClientError(.loginRefused, "\(credentials) needs a password", reply: reply)
    }
    return try await exchange(Command(verb: "PASS", argument: password))
  }

  /// Says what the server should know of this client. The answers are ``owed``.
  ///
  /// - Parameter assumesImage: the server has accepted TYPE I in another session: nobody needs to wait for its answer.
  private func introduce(assumesImage: Bool) throws(ClientError) {
    if features.contains("LIMITS"), let limits = options.limits {
      try queueAhead(limits.wanted.command)
      owed.append(.limits)
    }
    guard options.announcesUTF8, features.namesAreUTF8 else { return }
    // A server that refuses has UTF-8 anyway, or never will. Nothing is said that depends on the answer, so more goes with it.
    try queueAhead(Command(verb: "OPTS", argument: Array("UTF8 ON".utf8)))
    try queueAhead(.type(.image))
    owed += [.names, assumesImage ? .assumedType : .type]
    if assumesImage { formatInForce.type = .image }
  }

  /// What a reply answers that nobody waits for.
  enum Owed {
    case limits, names, type, assumedType
  }

  /// Takes a reply that answers what was said in ``introduce(assumesImage:)``.
  ///
  /// - Returns: false if it is of something else.
  func takeOwed(_ reply: ReceivedReply) -> Bool {
    guard let first = owed.first else { return false }
    if reply.kind == .preliminary { return true }
    owed.removeFirst()
    switch first {
    case .limits: takeLimits(reply)
    case .names: break
    case .type: if reply.kind == .completion { formatInForce.type = .image }
    // A transfer may have begun: its bytes would not be those of the file.
    case .assumedType: if reply.kind != .completion { fail(.refusal(reply, of: "TYPE I")) }
    }
    return true
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
