// Speaks to the service manager: ready, reloading, stopping, alive, and one line of status.

import Glibc
import LinuxSystem
import Synchronization

/// The protocol of sd_notify(3) over the socket NOTIFY_SOCKET names, without libsystemd.
public final class ServiceNotifier: Sendable {
  /// Environment variables of the protocol; they must not reach the processes we start.
  public static let environmentNames = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "FDSTORE"]

  /// NOTIFY_SOCKET.
  public let name: String
  private let address: LocalAddress
  private let socket: LocalDatagrams
  /// How long the manager waits for ``alive()`` before it kills the process; nil: it does not.
  public let watchdog: Duration?
  /// How many descriptors it keeps for the service (FileDescriptorStoreMax=). systemd 254 and later tell it by FDSTORE, our unit before that.
  public let storeLimit: Int
  /// Another process is the service's main process: this one has nothing to tell any more.
  private let isSilent = Atomic(false)

  /// Nil without NOTIFY_SOCKET, when it is neither a path nor an abstract name (`@…`), or when no socket can be made.
  public init?(environment: [String: String], processID: Int32 = getpid()) {
    guard let text = environment["NOTIFY_SOCKET"], let address = LocalAddress(text),
      let socket = try? LocalDatagrams()
    else { return nil }
    name = text
    self.address = address
    self.socket = socket
    storeLimit = environment["FDSTORE"].flatMap { Int($0) } ?? 0
    watchdog = Self.watchdog(environment, processID)
  }

  /// Source: sd_watchdog_enabled(3).
  private static func watchdog(_ environment: [String: String], _ processID: Int32) -> Duration? {
    if let wanted = environment["WATCHDOG_PID"], Int32(wanted) != processID { return nil }
    guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0 else { return nil }
    return .microseconds(microseconds)
  }

  /// The service has started, or has reloaded.
  @discardableResult
  public func ready(_ status: String) -> SystemError? {
    send("READY=1\nMAINPID=\(getpid())\nSTATUS=\(Self.line(status))")
  }

  /// The settings are being read again; ``ready(_:)`` follows. The time is what Type=notify-reload (systemd 253) wants to see.
  @discardableResult
  public func reloading() -> SystemError? {
    send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicTime.now.nanoseconds / 1000)\nSTATUS=Reloading the settings")
  }

  /// The service is ending.
  @discardableResult
  public func stopping(_ status: String) -> SystemError? { send("STOPPING=1\nSTATUS=\(Self.line(status))") }

  /// What `systemctl status` shows.
  @discardableResult
  public func status(_ text: String) -> SystemError? { send("STATUS=\(Self.line(text))") }

  /// Tells the watchdog that the process is alive.
  @discardableResult
  public func alive() -> SystemError? { send("WATCHDOG=1") }

  /// Has the manager keep a listening socket: after the end of this process, and for the next one, whatever ends it. It comes back by
  /// ``InheritedSockets``. Source: sd_pid_notify_with_fds(3), FDSTORE.
  ///
  /// - Parameter name: FDNAME; up to 255 characters without a colon.
  @discardableResult
  public func keep(_ descriptor: Int32, name: String) -> SystemError? {
    send("FDSTORE=1\nFDNAME=\(name)", passing: descriptor)
  }

  /// Has the manager close what it keeps by that name.
  @discardableResult
  public func forget(_ name: String) -> SystemError? { send("FDSTOREREMOVE=1\nFDNAME=\(name)") }

  /// `process` is the service's main process from now on; it speaks for the service, and this one is silent. The manager believes it of
  /// processes that belong to the service.
  public func yield(to process: UInt32) {
    send("MAINPID=\(process)")
    isSilent.store(true, ordering: .sequentiallyConsistent)
  }

  private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

  @discardableResult
  private func send(_ text: String, passing descriptor: Int32? = nil) -> SystemError? {
    if isSilent.load(ordering: .sequentiallyConsistent) { return nil }
    do throws(SystemError) {
      try Array(text.utf8).withUnsafeBufferPointer { (bytes) throws(SystemError) in
        let bytes = UnsafeRawBufferPointer(bytes)
        if let descriptor {
          try socket.send(bytes, to: address, passing: descriptor)
        } else {
          try socket.send(bytes, to: address)
        }
      }
      return nil
    } catch {
      return error
    }
  }
}
