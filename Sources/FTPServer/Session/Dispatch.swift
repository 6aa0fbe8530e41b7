// From a line of the control connection to its handler: the gates of the command table, and what is answered when one is shut.

import FTPProtocol
import LinuxSystem
import Logging

extension Session {
  /// What is left to do of a command that has to wait for something.
  typealias Continuation = (isolated Session) async -> Void

  /// How many lines that are no command a client may send before it has logged in.
  private static let refusedCommandLimit = 20

  /// Answers an event at once where it can; else returns what has to be awaited.
  func handle(_ event: CommandReader.Event) -> Continuation? {
    switch event {
    case .command(let command): return dispatch(decoded(command))
    case .telnetAnswer(let bytes): control.queue(bytes: bytes)
    case .lineTooLong:
      refuse(Reply(500, "Line too long: the limit is \(configuration.limits.commandLine) bytes."))
    case .malformed(let line): refuseMalformed(line)
    }
    return nil
  }

  private func dispatch(_ command: Command) -> Continuation? {
    activity.note(command: command.verb)
    requests &+= 1
    let came = lastCommand
    guard let row = CommandTable.row(command.verb) else {
      refuse(Reply(500, "\(command.verb): command not understood."))
      measure(command, since: came)
      return nil
    }
    do {
      try checkGates(row, command)
    } catch {
      fail(error, command)
      measure(command, since: came)
      return nil
    }
    if !row.traits.contains(.keepsRestart) {
      parameters.restart = 0
      parameters.fileState?.range = nil
    }
    switch row.handler {
    case .missing:
      answer(command, Reply(502, "\(row.verb): command not implemented."))
    case .immediate(let handler):
      do { answer(command, try handler(self, command)) } catch { fail(FTPError(error), command) }
    case .prompt(let prompt, let handler):
      do {
        guard let reply = try prompt(self, command) else { return answering(command, since: came, handler) }
        answer(command, reply)
      } catch {
        fail(FTPError(error), command)
      }
    case .answering(let handler): return answering(command, since: came, handler)
    case .suspending(let handler):
      return { session in
        do {
          try await handler(session, command)
        } catch {
          session.fail(FTPError(error), command)
          // A client that has connected for a transfer that does not come about is not left hanging.
          session.channels.forget(keepingIdle: true)
        }
        session.measure(command, since: came)
      }
    }
    measure(command, since: came)
    return nil
  }

  private func answering(
    _ command: Command, since came: MonotonicTime, _ handler: @escaping AnsweringHandler
  ) -> Continuation {
    { session in
      do { session.answer(command, try await handler(session, command)) } catch {
        session.fail(FTPError(error), command)
      }
      session.measure(command, since: came)
    }
  }

  /// Tells who measures how long a command took and what it was answered.
  private func measure(_ command: Command, since came: MonotonicTime) {
    guard let meter = context.meter else { return }
    meter.commandEnded(
      MeasuredCommand(
        index: CommandTable.index(command.verb) ?? CommandTable.rows.count, reply: lastReply,
        nanoseconds: MonotonicTime.now.since(came), session: id, request: requests))
  }

  func checkGates(_ row: CommandRow, _ command: Command) throws(FTPError) {
    // RNTO has to follow RNFR immediately (RFC 959, section 4.1.3); a keep-alive NOOP does not count.
    if parameters.renameFrom != nil, command.verb != "RNTO", !row.traits.contains(.keepsRename) {
      parameters.renameFrom = nil
    }
    if identity == nil, !row.traits.contains(.beforeLogin) { throw .notLoggedIn }
    if let expiry = identity?.expiry, WallClock.seconds >= expiry {
      throw goodbye(Reply(421, "This account has expired. Ask the operator."))
    }
    try checkProtection(row, command)
    switch row.argument {
    case .none:
      if !command.argument.isEmpty, row.traits.contains(.strictArgument) {
        throw .syntax("\(row.verb) takes no argument.")
      }
    case .required: if command.argument.isEmpty { throw .syntax("Usage: \(row.syntax)") }
    case .optional: break
    }
  }

  func answer(_ command: Command, _ answer: Reply) {
    reply(answer)
    tell(
      .command, .debug, "command", record(verb: command.verb, path: command.loggableArgument, result: answer.code))
  }

  /// Replies to an error a handler has thrown.
  func fail(_ error: FTPError, _ command: Command) {
    if case .controlConnectionLost = error {
      isEnding = true
      return
    }
    reply(error.reply)
    let lacksTLS = error.lacksTLS
    tell(
      .command, lacksTLS ? .info : .debug, lacksTLS ? "refused without TLS" : "command refused",
      record(verb: command.verb, path: command.loggableArgument, result: error.reply.code))
  }

  private func refuseMalformed(_ line: CommandReader.MalformedLine) {
    switch line {
    case .empty: refuse(Reply(500, "Empty line: send a command."))
    case .notACommand: refuse(Reply(500, "Command not understood."))
    case .containsNUL: refuse(Reply(500, "A command line cannot contain a NUL."))
    case .foreignProtocol(let name):
      // A browser or mail client talked into speaking to us must not get anything done: ALPACA, cross-protocol attacks.
      note(.unknownCommand)
      reply(Reply(421, "This is an FTP server; it does not speak \(name). Goodbye."))
      tell(.notice, "foreign protocol on the control connection", record(result: 421, note: "\(name)"))
      isEnding = true
    }
  }

  /// A line that is no command. Before the login only so many are borne.
  private func refuse(_ answer: Reply) {
    note(.unknownCommand)
    guard identity == nil else { return reply(answer) }
    refusedCommands += 1
    if refusedCommands >= Self.refusedCommandLimit {
      reply(Reply(421, "Too many lines that are not FTP commands. Goodbye."))
      isEnding = true
    } else {
      reply(answer)
    }
  }
}

extension Command {
  /// The argument for a log, but never that of PASS or ACCT.
  var loggableArgument: [UInt8] { verb == "PASS" || verb == "ACCT" ? [] : argument }
}
