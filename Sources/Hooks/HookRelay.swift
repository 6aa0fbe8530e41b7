// The hooks of a running daemon: weftpd-hooks and the way to it, begun and ended in the right order.

import Bans
import FTPServer
import LinuxSystem
import Logging
import Synchronization

/// Reads the events of sessions for hooks. Nothing is told before ``begin()``.
public final class HookRelay: SessionEventReader {
  private struct Running {
    let helper: HookHelper
    let channel: HookChannel
  }

  private let settings: HookSettings
  private let logger: Logger
  private let running = Mutex<Running?>(nil)

  /// nil if nobody is to be told.
  public init?(_ settings: HookSettings, logger: Logger) {
    guard settings.isEnabled else { return nil }
    self.settings = settings
    self.logger = logger
  }

  /// Starts weftpd-hooks: after privileges were given up, before Landlock confines the process.
  public func begin() throws(SystemError) {
    let helper = try HookHelper(settings)
    let channel = HookChannel(helper.pipe, events: Set(settings.events), logger: logger)
    running.withLock { $0 = Running(helper: helper, channel: channel) }
  }

  /// Starts the thread of what the pipe has no room for.
  public func start() throws(SystemError) {
    if let channel { try channel.start() }
  }

  private var channel: HookChannel? { running.withLock { $0?.channel } }

  public func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool { channel?.wants(kind, level) ?? false }

  public func read(_ event: SessionEvent) { channel?.read(event) }

  public func tell(_ bans: [Ban]) { channel?.tell(bans) }

  /// The writing end of the pipe that weftpd-hooks reads, this object's; nil before ``begin()``.
  public var pipe: Int32? { running.withLock { $0?.helper.pipe } }

  /// A successor has begun a weftpd-hooks of its own: what happens here is told to that one, by `pipe`, and ours ends when it has taken what
  /// it was sent.
  public func redirect(to pipe: borrowing Descriptor) throws(SystemError) {
    try channel?.redirect(to: pipe)
  }

  /// Closes the pipe and waits until weftpd-hooks has taken what is in it.
  public func end(within timeout: Duration) {
    guard let running = running.withLock({ $0 }) else { return }
    running.channel.flush(within: timeout)
    running.channel.close()
    running.helper.waitUntilEnd(within: timeout)
  }
}
