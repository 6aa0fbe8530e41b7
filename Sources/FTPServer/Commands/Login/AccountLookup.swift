// Looking a user up for USER: at once where the directory can, else while the session waits and does nothing else.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor
import Synchronization

/// A question that is on its way, as seen by the session that waits and the task that asks.
private final class PendingLookup: Sendable {
  private let state = Mutex<Result<UserEntry?, AccountDirectoryError>?>(nil)

  /// What came of it; nil while it is not answered.
  var outcome: Result<UserEntry?, AccountDirectoryError>? { state.withLock { $0 } }

  func ask(_ directory: any AccountDirectory, _ name: [UInt8]) async {
    let outcome: Result<UserEntry?, AccountDirectoryError>
    do throws(AccountDirectoryError) {
      outcome = .success(try await directory.entry(named: name))
    } catch {
      outcome = .failure(error)
    }
    state.withLock { $0 = outcome }
  }
}

extension Session {
  /// The user called `name` in the accounts in force.
  ///
  /// - Throws: ``FTPError/controlConnectionLost`` if nobody could tell, it took longer than a login may, the client has gone or the
  ///   server ends. The client has been told then.
  func lookUpNow(_ name: [UInt8]) async throws(FTPError) -> NamedUser {
    let (snapshot, changes) = (context.snapshot, context.accountChanges.load(ordering: .acquiring))
    let accounts = accounts(of: snapshot)
    let entry: UserEntry?
    switch accounts.entryNow(named: name) {
    case .known(let known): entry = known
    case .takesTime: entry = try await ask(accounts.directory, name)
    }
    return NamedUser(name: name, entry: entry, snapshot: snapshot, changes: changes)
  }

  /// What is known of a user, looked up again if the accounts were replaced since, or somebody's entry has changed.
  func refreshed(_ named: NamedUser) async throws(FTPError) -> NamedUser {
    let isCurrent =
      named.snapshot === context.snapshot && named.changes == context.accountChanges.load(ordering: .acquiring)
    return isCurrent ? named : try await lookUpNow(named.name)
  }

  private func ask(_ directory: any AccountDirectory, _ name: [UInt8]) async throws(FTPError) -> UserEntry? {
    // What was asked before is answered before.
    guard await flush() else { throw .controlConnectionLost }
    guard context.lookups.enter() else { throw goodbye(Reply(421, "Too many logins at once. Try again later.")) }
    let lookup = PendingLookup()
    let (parking, limit) = (self.parking, context.lookups)
    // Not a child task: a directory that does not heed its cancellation must not hold the session.
    let task = Task.detached {
      await lookup.ask(directory, name)
      limit.leave()
      parking.wake()
    }
    do throws(FTPError) {
      let entry = try await answer(to: lookup, about: name)
      lastCommand = .now
      return entry
    } catch {
      task.cancel()
      throw error
    }
  }

  /// Waits for the answer, until the login has taken too long. What the client sends meanwhile stays in line.
  private func answer(to lookup: PendingLookup, about name: [UInt8]) async throws(FTPError) -> UserEntry? {
    let deadline = greeted.advanced(by: configuration.timeouts.login.inNanoseconds)
    while true {
      // What has come ahead is enough; a connection that breaks is told of all the same.
      let interest: Readiness = inputEnded || control.reader.hasBufferedBytes ? [] : .readable
      switch await parking.wait(control.number, interest, until: deadline) {
      case .called:
        // The answer is looked for only here: its wake must not be left over for the next wait.
        switch lookup.outcome {
        case .success(let entry): return entry
        case .failure(let error): throw unavailable("the accounts cannot be asked: \(error)", name)
        case nil:
          if context.ending.load(ordering: .relaxed) == .no, !activity.isTold { continue }
          if let farewell = activity.farewell { throw goodbye(Reply(421, farewell)) }
          throw goodbye(Reply(421, "The server is shutting down. Try again later."))
        }
      case .deadline:
        throw unavailable("the accounts gave no answer within the time a login may take (timeouts.login)", name)
      case .ready where interest.isEmpty:
        if Poll.wait(control.number, [], milliseconds: 0) { throw .controlConnectionLost }
      case .ready:
        switch control.receive() {
        case .received, .nothing: continue
        case .ended:
          inputEnded = true
          // Whoever can say nothing more cannot log in.
          if !control.reader.hasBufferedBytes { throw .controlConnectionLost }
        case .lost: throw .controlConnectionLost
        }
      }
    }
  }

  /// Tells the operator why, and the client to come again.
  private func unavailable(_ message: Logger.Message, _ name: [UInt8]) -> FTPError {
    var record = record(verb: "USER", result: 421)
    record.user = name
    tell(.error, message, record)
    return goodbye(Reply(421, "Passwords cannot be checked now. Try again later."))
  }

  /// Says goodbye; the error says only that the client knows.
  func goodbye(_ answer: Reply) -> FTPError {
    reply(answer)
    return .controlConnectionLost
  }
}
