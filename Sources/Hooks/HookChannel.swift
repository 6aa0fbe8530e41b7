// The way of records from sessions to weftpd-hooks: a pipe that survives this process, written without ever waiting.

import Bans
import Dispatch
import FTPServer
import Glibc
import LinuxSystem
import Logging
import Synchronization

/// Tells weftpd-hooks what happens.
///
/// A record is in the pipe before the client hears the reply to what it did, and a pipe keeps what it holds when its writer is killed.
/// What finds the pipe full waits in memory, 1 MiB at most, for a thread that takes it there; beyond that records are lost, and counted.
public final class HookChannel: SessionEventReader {
  private struct State {
    var overflow: [UInt8] = []
    var lost = 0
    /// Nobody reads, or the pipe is closed.
    var isBroken = false
    var isClosed = false
    var toldOfLoss = MonotonicTime(nanoseconds: 0)
  }

  private let pipe: Int32
  private let events: Set<HookEvent>
  private let logger: Logger
  private let limit: Int
  private let state = Mutex(State())
  private let wakeUp = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - pipe: the writing end, non-blocking; this object's from now on.
  ///   - events: those to be told.
  ///   - limit: bytes that may wait in memory.
  public init(_ pipe: Int32, events: Set<HookEvent>, logger: Logger, limit: Int = 1 << 20) {
    self.pipe = pipe
    self.events = events
    self.logger = logger
    self.limit = limit
  }

  /// Closes the pipe; nothing is told any more.
  func close() {
    let isFirst = state.withLock { state in
      defer { (state.isBroken, state.isClosed, state.overflow) = (true, true, []) }
      return !state.isClosed
    }
    if isFirst { _ = Descriptor(owning: pipe) }
  }

  deinit { close() }

  // MARK: - What is told

  public func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool {
    switch kind {
    case .login: events.contains(.login)
    case .transferEnded(let outcome):
      switch (outcome.direction, outcome.isComplete) {
      case (.download, true): events.contains(.download)
      case (.upload, true): events.contains(.upload)
      case (.download, false), (.upload, false): outcome.reply == 552 && events.contains(.quotaExceeded)
      default: false
      }
    case .changed: !events.isDisjoint(with: [.delete, .rename, .mkdir, .rmdir])
    default: false
    }
  }

  public func read(_ event: SessionEvent) {
    guard let kind = HookEvent(event), events.contains(kind) else { return }
    send(HookRecord.line(kind, event.record))
  }

  /// Tells of bans.
  public func tell(_ bans: [Ban]) {
    guard events.contains(.ban) else { return }
    for ban in bans { send(HookRecord.line(ban)) }
  }

  // MARK: - The pipe

  func send(_ line: [UInt8]) {
    let (wakes, lost) = state.withLock { state -> (Bool, Int) in
      if state.isBroken { return (false, 0) }
      if state.overflow.isEmpty {
        let count = write(line[...], &state)
        if count == line.count || state.isBroken { return (false, 0) }
        state.overflow = Array(line[count...])
        return (true, 0)
      }
      if state.overflow.count + line.count <= limit {
        state.overflow += line
        return (false, 0)
      }
      state.lost += 1
      let now = MonotonicTime.now
      guard now.since(state.toldOfLoss) > 10_000_000_000 else { return (false, 0) }
      state.toldOfLoss = now
      return (false, state.lost)
    }
    if wakes { wakeUp.signal() }
    if lost > 0 { logger.error("hooks: weftpd-hooks does not keep up; records lost so far: \(lost)") }
  }

  /// Writes what the pipe takes now, in whole lines: a successor's process may write into it, too, and what is no longer than PIPE_BUF is
  /// never torn apart (pipe(7)).
  private func write(_ bytes: ArraySlice<UInt8>, _ state: inout State) -> Int {
    var done = 0
    while done < bytes.count {
      let piece = Self.lines(bytes.dropFirst(done))
      let count = piece.withUnsafeBytes { Glibc.write(pipe, $0.baseAddress, $0.count) }
      if count > 0 {
        done += count
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        // Nobody reads any more, and this process may not start another.
        state.isBroken = true
        state.overflow = []
        logger.error("hooks: weftpd-hooks has ended; no event is told any more until weftpd is restarted")
        break
      }
    }
    return done
  }

  /// As many whole lines from the front as can be written in one piece; one line if it is longer than that.
  static func lines(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if bytes.count <= pieceLimit { return bytes }
    if let end = bytes.prefix(pieceLimit).lastIndex(of: 0x0A) { return bytes[...end] }
    return bytes.firstIndex(of: 0x0A).map { bytes[...$0] } ?? bytes
  }

  /// PIPE_BUF.
  private static let pieceLimit = 4096

  /// Sends what is told from now on into `other`, which the hooks of a successor read; what waits goes there, too.
  func redirect(to other: borrowing Descriptor) throws(SystemError) {
    let number = other.number
    let failure = state.withLock { state -> SystemError? in
      guard !state.isClosed else { return nil }
      do throws(SystemError) { try File.replace(pipe, by: number) } catch { return error }
      state.isBroken = false
      return nil
    }
    if let failure { throw failure }
  }

  /// Starts the thread that writes what the pipe had no room for.
  public func start() throws(SystemError) {
    var thread = pthread_t()
    let channel = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        ProcessLimits.nameThread("weftpd-hooks")
        if let argument { Unmanaged<HookChannel>.fromOpaque(argument).takeUnretainedValue().writeForever() }
        return nil
      }, channel.toOpaque())
    guard code == 0 else {
      channel.release()
      throw SystemError(code: code, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  private func writeForever() -> Never {
    while true {
      wakeUp.wait()
      while isWaiting {
        _ = Poll.wait(pipe, .writable, milliseconds: 1000)
        writeOverflow()
      }
    }
  }

  private var isWaiting: Bool { state.withLock { !$0.overflow.isEmpty } }

  private func writeOverflow() {
    state.withLock { state in
      if state.isBroken { return }
      let count = write(state.overflow[...], &state)
      if count >= state.overflow.count { state.overflow = [] } else { state.overflow.removeFirst(count) }
    }
  }

  /// Writes what waits, as far as the pipe takes it in time: before the process ends.
  public func flush(within timeout: Duration) {
    let deadline = MonotonicTime.now.advanced(by: timeout.inNanoseconds)
    while isWaiting, MonotonicTime.now < deadline {
      _ = Poll.wait(pipe, .writable, milliseconds: 100)
      writeOverflow()
    }
  }
}
