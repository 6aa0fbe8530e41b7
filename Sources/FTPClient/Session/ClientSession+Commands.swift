// Sends commands and takes their replies, one after the other.

import FTPProtocol
import LinuxSystem

extension ClientSession {
  /// Says a command and gives the final reply, whatever it is; replies of 1yz before it are passed over.
  ///
  /// For commands that this library has no function for. Transfers cannot be begun this way, nor can TLS or the representation be
  /// changed: the session would not know.
  ///
  /// - Throws: ``ClientError/Code/usage`` for such a command, and for an argument with CR, LF or NUL in it.
  public func quote(_ verb: Verb, _ argument: [UInt8] = []) async throws(ClientError) -> ReceivedReply {
    if verb == "CCC" { throw ClientError(.usage, "CCC is not sent: the control connection would go on in clear") }
    guard !ClientSession.notQuoted.contains(verb) else {
      throw ClientError(.usage, "\(verb) has a function of its own")
    }
    try await enter()
    defer { leave() }
    return try await exchange(Command(verb: verb, argument: argument))
  }

  private static let notQuoted: Set<Verb> = [
    "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD", "PORT", "EPRT", "PASV", "EPSV", "LPRT", "LPSV", "CPSV",
    "ABOR", "AUTH", "PROT", "PBSZ", "TYPE", "STRU", "MODE", "QUIT", "REIN", "USER", "PASS", "ACCT", "REST",
  ]

  /// Sends a command and waits for its final reply.
  func exchange(_ command: Command) async throws(ClientError) -> ReceivedReply {
    try await send(command)
    return try await finalReply()
  }

  /// The same, and throws unless the reply is a 2yz.
  @discardableResult
  func perform(_ command: Command) async throws(ClientError) -> ReceivedReply {
    let reply = try await exchange(command)
    guard reply.kind == .completion else { throw .refusal(reply, of: ClientSession.shown(command)) }
    return reply
  }

  /// Sends a command. What came unasked before is taken first: an idle server may have said farewell.
  func send(_ command: Command) async throws(ClientError) {
    let line: [UInt8]
    do throws(CommandWriter.WriteError) {
      line = try CommandWriter.line(command, doublesEscape: doublesEscape)
    } catch {
      throw ClientError(.usage, "\(command.verb) cannot be said of a name with a line end or NUL in it", cause: error)
    }
    try takeUnasked()
    trace(.sent(ClientSession.shown(command)))
    lastCommand = .now
    runtime.countCommand()
    control.queue(line)
    try await flush()
  }

  /// Waits until all is sent.
  private func flush() async throws(ClientError) {
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.reply.inNanoseconds)
    do throws(ClientError) {
      try control.flush()
      while control.hasOutput {
        _ = await shielded { await self.park(self.control.number, .writable, until: deadline) }
        try control.flush()
        if control.hasOutput, MonotonicTime.now >= deadline {
          throw ClientError(.timedOut, "the server takes no commands")
        }
      }
    } catch {
      fail(error)
      throw error
    }
  }

  /// Runs `body` so that a cancellation does not disturb it: half a command, or a reply nobody took, would be the end of the session.
  private func shielded<Value>(_ body: () async -> Value) async -> Value {
    let before = isShielded
    isShielded = true
    defer { isShielded = before }
    return await body()
  }

  func takeUnasked() throws(ClientError) {
    do throws(ClientError) {
      while true {
        while let reply = try control.nextReply() {
          trace(.received(reply))
          if reply.code == 421 { throw ClientError.refusal(reply, of: "the session") }
          _ = takeOwed(reply)
        }
        switch try control.receive() {
        case .bytes: continue
        case .nothing: return
        case .ended: throw ClientError(.connectionLost, "the server has closed the control connection")
        }
      }
    } catch {
      fail(error)
      throw error
    }
  }

  /// Waits for the next reply.
  ///
  /// - Parameter deadline: nil: as long as a reply may take. The session is over when it has passed.
  func nextReply(until deadline: MonotonicTime? = nil) async throws(ClientError) -> ReceivedReply {
    let limit = deadline ?? MonotonicTime.now.advanced(by: options.timeouts.reply.inNanoseconds)
    do throws(ClientError) {
      guard let reply = try await reply(until: limit) else {
        throw ClientError(.timedOut, "the server did not answer in time")
      }
      return reply
    } catch {
      fail(error)
      throw error
    }
  }

  /// The next reply, or nil at the deadline.
  func reply(until deadline: MonotonicTime) async throws(ClientError) -> ReceivedReply? {
    while true {
      if let failure { throw failure }
      if let reply = try control.nextReply() {
        trace(.received(reply))
        if reply.code == 421 {
          let error = ClientError.refusal(reply, of: "the session")
          fail(error)
          throw error
        }
        if takeOwed(reply) { continue }
        return reply
      }
      try control.flush()
      switch try control.receive() {
      case .bytes: continue
      case .ended: throw ClientError(.connectionLost, "the server closed the control connection")
      case .nothing: break
      }
      if MonotonicTime.now >= deadline { return nil }
      _ = await shielded { await self.park(self.control.number, self.control.interest, until: deadline) }
    }
  }

  /// Takes replies until nothing is ``owed``.
  func settleOwed() async throws(ClientError) {
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.reply.inNanoseconds)
    do throws(ClientError) {
      while !owed.isEmpty {
        try control.flush()
        try takeUnasked()
        if let failure { throw failure }
        if owed.isEmpty { return }
        if MonotonicTime.now >= deadline { throw ClientError(.timedOut, "the server did not answer in time") }
        _ = await shielded { await self.park(self.control.number, self.control.interest, until: deadline) }
      }
    } catch {
      fail(error)
      throw error
    }
  }

  /// Waits until it is known which TYPE the server has.
  func settleType() async throws(ClientError) {
    if owed.contains(.type) { try await settleOwed() }
  }

  /// The next reply that is not a 1yz.
  func finalReply() async throws(ClientError) -> ReceivedReply {
    var reply = try await nextReply()
    while reply.kind == .preliminary { reply = try await nextReply() }
    return reply
  }

  /// A command for a person, secrets hidden.
  static func shown(_ command: Command) -> String {
    if command.argument.isEmpty { return command.verb.description }
    if command.verb == "PASS" || command.verb == "ACCT" { return "\(command.verb) ****" }
    return "\(command.verb) \(RemotePath.printable(command.argument))"
  }
}
