// What the overview shows of the last quarter of an hour: figures every two seconds, failed logins and other notices.

import ControlProtocol
import LinuxSystem
import Synchronization

/// The server at one moment, for the page.
struct Sample: Encodable, Sendable {
  /// Milliseconds since 1970.
  let time: Int64
  let sessions: UInt64
  let transfers: UInt64
  let completed: UInt64
  let failed: UInt64
  let sent: UInt64
  let received: UInt64
  let multipath: UInt64
  let fallbacks: UInt64
}

/// A file system that is served.
struct Disk: Encodable, Sendable {
  let directory: String
  let total: UInt64
  let free: UInt64
}

/// A certificate that weftpd shows.
struct Certificate: Encodable, Sendable {
  /// The virtual host it is for; empty: the server itself.
  let host: String
  /// When it expires, in milliseconds since 1970.
  let expires: UInt64
}

/// Something worth an operator's attention.
struct Notice: Encodable, Sendable {
  let time: Int64
  let kind: String
  let message: String
  let peer: String
  let user: String
  let note: String
}

/// Samples as long as the console runs.
final class Sampler: Sendable {
  private struct State {
    /// Fifteen minutes.
    var samples = Newest<Sample>(450)
    var notices = Newest<Notice>(50)
    var failedLogins: UInt64 = 0
    var disks: [Disk] = []
    var certificates: [Certificate] = []
  }

  private let bridge: ServerBridge
  private let state = Mutex(State())

  init(_ bridge: ServerBridge) { self.bridge = bridge }

  var history: [Sample] { state.withLock { $0.samples.elements } }
  var notices: [Notice] { state.withLock { $0.notices.elements } }
  var disks: [Disk] { state.withLock { $0.disks } }
  var certificates: [Certificate] { state.withLock { $0.certificates } }
  /// Since the console started.
  var failedLogins: UInt64 { state.withLock { $0.failedLogins } }

  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.sample() }
      group.addTask { await self.watch() }
      group.addTask { await self.lookAtPlace() }
    }
  }

  private func sample() async {
    while !Task.isCancelled {
      if let status = try? await bridge.status() {
        let sample = Sample(status)
        state.withLock { state in
          // Another process began to count at 0.
          if let last = state.samples.elements.last, last.sent > sample.sent || last.completed > sample.completed {
            state.samples.removeAll()
          }
          state.samples.append(sample)
        }
      }
      try? await Task.sleep(for: .seconds(2))
    }
  }

  /// What changes slowly, every ten seconds. A file system that hangs leaves its figures as they were.
  private func lookAtPlace() async {
    while !Task.isCancelled {
      if case .certificates(let certificates)? = try? await bridge.ask(.certificates).first {
        state.withLock { state in
          // The year 9999 is far enough, and no number that a page could not hold.
          state.certificates = certificates.map {
            Certificate(host: shown($0.host.utf8), expires: min($0.expires, 253_402_300_799) * 1000)
          }
        }
      }
      if case .disks(let disks)? = try? await bridge.ask(.disks).first {
        state.withLock { state in
          state.disks = disks.map { Disk(directory: shown($0.directory.utf8), total: $0.total, free: $0.free) }
        }
      }
      try? await Task.sleep(for: .seconds(10))
    }
  }

  private func watch() async {
    while !Task.isCancelled {
      let replies = Watcher.replies(Subscription(events: .notice), at: bridge.path, keeping: 256)
      for await reply in replies {
        guard case .event(let event) = reply else { continue }
        let notice = Notice(
          time: Int64(clamping: event.time / 1_000_000), kind: event.kind.name, message: event.message,
          peer: event.peer, user: shown(event.user), note: event.note)
        state.withLock { state in
          if event.kind == .loginFailed { state.failedLogins += 1 }
          state.notices.append(notice)
        }
      }
      try? await Task.sleep(for: .seconds(2))
    }
  }
}

extension Sample {
  init(_ status: StatusEntry) {
    self.init(
      time: WallClock.nanoseconds / 1_000_000, sessions: status.sessions, transfers: status.transfers,
      completed: status.completed, failed: status.failed, sent: status.sent, received: status.received,
      multipath: status.multipath, fallbacks: status.fallbacks)
  }
}
