// Receives signals in a thread of its own, where any code may run, instead of in a handler, where almost none may.

import Glibc
import LinuxSystem

/// Signals of the process, one after the other.
public enum SignalWaiter {
  /// Blocks `signals` in the calling thread and all threads it makes, and ignores SIGPIPE: a peer that is gone is an
  /// error of the write, not a reason to die. Call before the first thread. Source: pthread_sigmask(3), signal(7).
  public static func prepare(_ signals: [Int32]) {
    signal(SIGPIPE, SIG_IGN)
    var set = makeSet(signals)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  private final class Work: Sendable {
    let signals: [Int32]
    let handler: @Sendable (Int32) -> Void

    init(_ signals: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
      self.signals = signals
      self.handler = handler
    }
  }

  /// Calls `handler` for each of `signals` that arrives, for the rest of the process's life. Source: sigwait(3).
  ///
  /// - Throws: when the thread cannot be started.
  public static func start(
    _ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void
  ) throws(SystemError) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(signals, handler))
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ProcessLimits.nameThread("weftpd-signal")
        let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
        var set = SignalWaiter.makeSet(work.signals)
        while true {
          var number: Int32 = 0
          if sigwait(&set, &number) == 0 { work.handler(number) }
        }
      }, work.toOpaque())
    guard result == 0 else {
      work.release()
      throw SystemError(code: result, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  private static func makeSet(_ signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals { sigaddset(&set, number) }
    return set
  }
}
