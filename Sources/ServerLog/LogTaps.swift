// Those who read the log's lines beside its target, for a while: `weftpd log -f` at the control socket.

import FTPServer
import Logging
import Synchronization

/// The taps of a log.
final class LogTaps: Sendable {
  private struct Tap {
    let level: Logger.Level
    let form: LogFormat
    let read: @Sendable (Logger.Level, [UInt8]) -> Void
  }

  private struct State {
    var next: UInt64 = 0
    var taps: [UInt64: Tap] = [:]
  }

  /// The number of the lowest level that is read; that of all levels when nobody reads.
  private let least = Atomic<Int>(Logger.Level.numbers)
  private let state = Mutex(State())

  /// The number of the lowest level that is read; ``Logging/Logger/Level/numbers`` when nobody reads.
  var leastNumber: Int { least.load(ordering: .relaxed) }

  private var isEmpty: Bool { leastNumber == Logger.Level.numbers }

  /// Hands a line to those who want it; it is made once for each form that is wanted.
  func read(_ level: Logger.Level, _ line: (_ isJSON: Bool) -> [UInt8]) {
    if isEmpty { return }
    let taps = state.withLock { state in state.taps.values.filter { level >= $0.level } }
    for form in LogFormat.allCases {
      let readers = taps.filter { $0.form == form }
      if readers.isEmpty { continue }
      let bytes = line(form == .json)
      for reader in readers { reader.read(level, bytes) }
    }
  }

  func add(
    _ level: Logger.Level, _ form: LogFormat, _ read: @escaping @Sendable (Logger.Level, [UInt8]) -> Void
  ) -> LogTap {
    let id = state.withLock { state in
      state.next += 1
      state.taps[state.next] = Tap(level: level, form: form, read: read)
      publishLeast(state)
      return state.next
    }
    return LogTap(taps: self, id: id)
  }

  fileprivate func remove(_ id: UInt64) {
    state.withLock { state in
      state.taps[id] = nil
      publishLeast(state)
    }
  }

  private func publishLeast(_ state: State) {
    least.store(state.taps.values.map(\.level.number).min() ?? Logger.Level.numbers, ordering: .relaxed)
  }
}

/// A tap on a log, see ``DaemonLog/tap(from:_:_:)``. It lasts until its end is called, or until it is let go of.
public final class LogTap: Sendable {
  private let taps: LogTaps
  private let id: UInt64

  fileprivate init(taps: LogTaps, id: UInt64) {
    self.taps = taps
    self.id = id
  }

  deinit { end() }

  /// No more lines; one that is under way may still come.
  public func end() { taps.remove(id) }
}
