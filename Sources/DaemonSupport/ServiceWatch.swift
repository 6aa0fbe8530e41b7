// A thread that tells the service manager how the server is doing: its status line, and a keep-alive for the watchdog.

import Dispatch
import Glibc
import LinuxSystem
import Logging

/// Notifies the watchdog as long as the server's threads answer, and keeps the status line up to date.
public final class ServiceWatch: Sendable {
  /// How often the status may change, at most.
  public static let statusPause = Duration.seconds(3)

  private let notifier: ServiceNotifier
  private let logger: Logger
  private let stuckThreads: @Sendable (Duration) -> [String]
  private let status: @Sendable () -> String
  private let statusPause: Duration
  private let ending = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - stuckThreads: Names the threads that do not answer within the given time; it may block so long for each.
  ///   - status: The status of now.
  public init(
    _ notifier: ServiceNotifier, logger: Logger, statusPause: Duration = ServiceWatch.statusPause,
    stuckThreads: @escaping @Sendable (Duration) -> [String], status: @escaping @Sendable () -> String
  ) {
    self.notifier = notifier
    self.logger = logger
    self.statusPause = statusPause
    self.stuckThreads = stuckThreads
    self.status = status
  }

  /// Starts the thread, which lives until ``stop()``.
  ///
  /// - Throws: when the thread cannot be started.
  public func start() throws(SystemError) {
    var thread = pthread_t()
    let watch = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ProcessLimits.nameThread("weftpd-watch")
        Unmanaged<ServiceWatch>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, watch.toOpaque())
    guard result == 0 else {
      watch.release()
      throw SystemError(code: result, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  /// Ends the thread soon.
  public func stop() { ending.signal() }

  private func run() {
    var told = ""
    var nextStatus = MonotonicTime.now
    var nextAlive = notifier.watchdog == nil ? MonotonicTime.never : .now
    while true {
      if MonotonicTime.now >= nextAlive, let limit = notifier.watchdog {
        notifyWatchdog(limit)
        // Half of what the manager allows: sd_watchdog_enabled(3).
        nextAlive = MonotonicTime.now.advanced(by: (limit / 2).inNanoseconds)
      }
      if MonotonicTime.now >= nextStatus {
        let now = status()
        if now != told { notifier.status(now) }
        told = now
        nextStatus = MonotonicTime.now.advanced(by: statusPause.inNanoseconds)
      }
      let pause = min(nextAlive, nextStatus).since(.now)
      if ending.wait(timeout: .now() + .nanoseconds(Int(clamping: max(0, pause)))) == .success { return }
    }
  }

  /// Gives each thread a quarter of the watchdog's time to answer, so that even a slow answer is in time.
  private func notifyWatchdog(_ limit: Duration) {
    let stuck = stuckThreads(limit / 4)
    if stuck.isEmpty {
      notifier.alive()
    } else {
      logger.critical("\(stuck.joined(separator: " and ")) did not answer in time; the watchdog is not notified")
    }
  }
}
