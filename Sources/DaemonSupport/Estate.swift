// What a running daemon has for a successor, and what it lets go of when there is one (decision 0062).

import ControlProtocol
import FTPServer
import Glibc
import Hooks
import LinuxSystem
import Synchronization

/// What a successor takes over, beside the settings, which it reads itself.
public struct Estate: Sendable {
  /// Metrics are scraped there: where, and the number of the listener.
  public struct Metrics: Sendable {
    let address: String
    let number: Int32
    let leave: @Sendable () -> Void

    /// - Parameter leave: answers nobody from then on.
    public init(address: String, number: Int32, leave: @escaping @Sendable () -> Void) {
      (self.address, self.number, self.leave) = (address, number, leave)
    }
  }

  let server: FTPServer
  let origin: OriginEntry
  let notifier: ServiceNotifier?
  let hooks: HookRelay?
  let metrics: Metrics?
  let areListenersOfUnits: Bool
  let release: @Sendable () -> Void

  /// - Parameters:
  ///   - arguments: those of this process.
  ///   - environment: of which the settings are told, and no password.
  ///   - areListenersOfUnits: the listeners came from socket units.
  ///   - release: lets go of what only one process can have: stores, the watchdog.
  public init(
    server: FTPServer, arguments: [String], environment: [String: String], notifier: ServiceNotifier?,
    hooks: HookRelay?, metrics: Metrics?, areListenersOfUnits: Bool, release: @escaping @Sendable () -> Void
  ) {
    self.server = server
    self.notifier = notifier
    self.hooks = hooks
    self.metrics = metrics
    self.areListenersOfUnits = areListenersOfUnits
    self.release = release
    let program = ProgramFile.current
    origin = OriginEntry(
      process: UInt32(getpid()), device: program?.device ?? 0, inode: program?.inode ?? 0,
      written: program?.written ?? 0, isManaged: notifier != nil,
      directory: (try? File.resolvedPath("/proc/self/cwd")) ?? "/", arguments: arguments,
      environment: environment.filter { $0.key.hasPrefix("WEFTPD_") }.map { "\($0.key)=\($0.value)" }.sorted())
  }

  /// What a successor gets, with the numbers of the descriptors before and behind that of the control socket.
  func inheritance(hash: String?) -> (entry: InheritanceEntry, listeners: [Int32], others: [Int32]) {
    let listeners = server.openListeners
    let doors = server.openDoors
    let watchdog = notifier?.watchdog?.components
    let entry = InheritanceEntry(
      process: origin.process,
      listeners: listeners.map {
        InheritedListenerEntry(
          wanted: "\($0.wanted)", address: "\($0.address)", isImplicit: $0.rules.isImplicit, isKept: $0.isKept,
          isOfUnit: areListenersOfUnits)
      } + doors.map { InheritedListenerEntry($0.door) },
      metrics: metrics?.address ?? "", hasStandardError: notifier == nil, hash: hash ?? "",
      notifySocket: notifier?.name ?? "",
      watchdogMicroseconds: watchdog.map { UInt64($0.seconds * 1_000_000 + $0.attoseconds / 1_000_000_000_000) } ?? 0,
      storeLimit: UInt32(clamping: notifier?.storeLimit ?? 0))
    let others = (metrics.map { [$0.number] } ?? []) + (notifier == nil ? [STDERR_FILENO] : [])
    return (entry, listeners.map(\.number) + doors.map(\.number), others)
  }
}

extension InheritedListenerEntry {
  /// A Unix socket among the listeners: a successor that has no use for it does not find its address in its settings, and closes it.
  init(_ door: LocalDoor) {
    self.init(wanted: "\(door)", address: "\(door)", isImplicit: false, isKept: false, isOfUnit: false)
  }
}

/// A program's file, as it can be told from another one that has taken its name.
public struct ProgramFile: Sendable, Equatable {
  public let device: UInt64
  public let inode: UInt64
  /// Nanoseconds since 1970.
  public let written: UInt64

  /// That of this process.
  public static var current: ProgramFile? {
    (try? File.status(at: "/proc/self/exe")).map {
      ProgramFile(
        device: $0.device, inode: $0.inode,
        written: UInt64(clamping: $0.modified) &* 1_000_000_000 &+ UInt64($0.modifiedNanoseconds))
    }
  }

  /// Whether it is that of the process that was started so.
  public func isThat(of origin: OriginEntry) -> Bool {
    origin.device == device && origin.inode == inode && origin.written == written
  }
}
