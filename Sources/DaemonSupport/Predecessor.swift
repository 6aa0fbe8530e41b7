// The server whose place this process takes: what it hands over, and the way to its sessions, which go on there (decision 0062).

import ControlProtocol
import ControlSocket
import Dispatch
import FTPServer
import Glibc
import LinuxSystem
import Synchronization

/// A server at a control socket, from the moment this process asks for its listeners until it has ended.
public final class Predecessor: Sendable {
  private struct State: ~Copyable {
    /// Nil when it has ended.
    var client: ControlClient?
    var passed: PassedDescriptors
    /// Which listeners have been taken.
    var taken: Set<Int> = []
  }

  /// Where it listened for operators until this process asked.
  public let path: String
  public let entry: InheritanceEntry
  private let state: Mutex<State>
  private let isSucceeded = Atomic(false)
  /// Where it is asked, one question after the other.
  private let queue = DispatchQueue(label: "weftpd.predecessor")

  /// Asks the server at `path` for what it has. It goes on until ``complete(_:hooks:)``.
  public init(at path: String) throws(ControlClientError) {
    var client = try ControlClient(path: path)
    var passed = PassedDescriptors()
    entry = try client.takeOver(&passed)
    let expected = entry.listeners.count + 1 + (entry.metrics.isEmpty ? 0 : 1) + (entry.hasStandardError ? 1 : 0)
    guard passed.count == expected else { throw .malformed }
    self.path = path
    state = Mutex(State(client: client, passed: passed))
  }

  public var process: UInt32 { entry.process }

  // MARK: what it hands over

  /// Its listener for `address`, to be owned by the caller, and whether somebody else keeps it open; nil if it has none.
  public func takeListener(for address: ListenAddress) -> (number: Int32, isKept: Bool)? {
    let wanted = "\(address.address)"
    return take { listener in
      !listener.isOfUnit && (listener.wanted == wanted || listener.address == wanted)
        && listener.isImplicit == address.rules.isImplicit
    }
  }

  /// Its listeners that came from socket units, one after the other; nil when there is no further one.
  public func takeUnitListener() -> (number: Int32, isImplicit: Bool)? {
    var isImplicit = false
    let found = take { listener in
      isImplicit = listener.isImplicit
      return listener.isOfUnit
    }
    return found.map { ($0.number, isImplicit) }
  }

  /// Its listener for a door with the same path; nil if it has none.
  public func takeListener(for door: LocalDoor) -> Int32? { take { $0.wanted == "\(door)" }?.number }

  private func take(_ isMeant: (InheritedListenerEntry) -> Bool) -> (number: Int32, isKept: Bool)? {
    state.withLock { state in
      for (index, listener) in entry.listeners.enumerated() where !state.taken.contains(index) && isMeant(listener) {
        state.taken.insert(index)
        guard let found = state.passed.take(index) else { return nil }
        return (found.release(), listener.isKept)
      }
      return nil
    }
  }

  private func take(_ index: Int) -> Descriptor? {
    let number = state.withLock { state -> Int32? in
      guard let found = state.passed.take(index) else { return nil }
      return found.release()
    }
    return number.map { Descriptor(owning: $0) }
  }

  /// Its control socket.
  public func takeControl() -> Descriptor? { take(entry.listeners.count) }

  /// The listener of its metrics, if they are scraped at `address`.
  public func takeMetrics(at address: String) -> Descriptor? {
    guard !entry.metrics.isEmpty, entry.metrics == address else { return nil }
    return take(entry.listeners.count + 1)
  }

  /// Makes its standard error this process's, unless a service manager gave this process one of its own.
  public func takeStandardError() throws(SystemError) {
    guard entry.hasStandardError,
      let error = take(entry.listeners.count + 1 + (entry.metrics.isEmpty ? 0 : 1))
    else { return }
    if dup2(error.number, STDERR_FILENO) < 0 { throw SystemError(code: errno, call: "dup2") }
  }

  /// Where it is told by: the variables of sd_notify(3).
  public var notifyEnvironment: [String: String] {
    guard !entry.notifySocket.isEmpty else { return [:] }
    var environment = ["NOTIFY_SOCKET": entry.notifySocket, "FDSTORE": "\(entry.storeLimit)"]
    if entry.watchdogMicroseconds > 0 { environment["WATCHDOG_USEC"] = "\(entry.watchdogMicroseconds)" }
    return environment
  }

  // MARK: the moment

  /// It accepts nobody from now on. What it has handed over and nobody has taken is closed.
  ///
  /// - Parameters:
  ///   - control: where operators reach it from now on.
  ///   - hooks: the pipe its events go to from now on.
  public func complete(
    control: Int32?, hooks: Int32?
  ) throws(ControlClientError) -> (firstSession: UInt64, sessions: UInt32) {
    let result = state.withLock { state -> Result<(UInt64, UInt32), ControlClientError> in
      state.passed = PassedDescriptors()
      do throws(ControlClientError) {
        guard let answer = try state.client?.succeed(as: UInt32(getpid()), control: control, hooks: hooks) else {
          return .failure(.ended)
        }
        return .success(answer)
      } catch {
        return .failure(error)
      }
    }
    let (first, sessions) = try result.get()
    isSucceeded.store(true, ordering: .sequentiallyConsistent)
    return (first, sessions)
  }

  // MARK: as long as it lives

  /// Whether its place has been taken, and it has not ended.
  public var isAlive: Bool {
    guard isSucceeded.load(ordering: .sequentiallyConsistent) else { return false }
    return state.withLockIfAvailable { state in
      guard state.client != nil else { return false }
      // The end of the process is the end of the connection.
      do throws(ControlClientError) {
        _ = try state.client?.next(within: .zero)
        return true
      } catch {
        guard case .ended = error else { return true }
        state.client = nil
        return false
      }
    } ?? true
  }

  /// Asks it and waits for the answer.
  ///
  /// - Returns: the number it counts as done; 0 when it refuses or has ended.
  public func ask(_ request: ControlRequest, within limit: Duration = .seconds(10)) -> Int {
    state.withLock { state in
      let answers = try? state.client?.ask(request, within: limit)
      guard case .done(let count)? = answers?.first else { return 0 }
      return Int(count)
    }
  }

  /// Has it do something, and does not wait.
  public func tell(_ request: ControlRequest) {
    queue.async { _ = self.ask(request, within: .seconds(300)) }
  }

  /// Waits until it has ended, or `limit` is over; nil: however long it takes.
  public func waitForEnd(within limit: Duration?) async {
    let deadline = limit.map { MonotonicTime.now.advanced(by: $0.inNanoseconds) } ?? .never
    await withCheckedContinuation { continuation in
      queue.async {
        while self.isAlive, MonotonicTime.now < deadline { usleep(50_000) }
        continuation.resume()
      }
    }
  }
}
