// What is looked up when somebody scrapes: gauges of the server and of its process, and the bytes of transfers that run.

import CoreMetrics
import FTPServer
import Glibc
import LinuxSystem
import OpenMetrics
import Synchronization

/// Brings the registry up to date and writes it out. One thread at a time.
public final class MetricsCollector: Sendable {
  /// What the server does not know of itself.
  public struct Surroundings: Sendable {
    public var version: String
    public var isDraining: @Sendable () -> Bool
    public var logLinesLost: @Sendable () -> Int
    /// Operators at the control socket; nil where there is none.
    public var operators: @Sendable () -> Int?

    public init(
      version: String, isDraining: @escaping @Sendable () -> Bool, logLinesLost: @escaping @Sendable () -> Int,
      operators: @escaping @Sendable () -> Int?
    ) {
      self.version = version
      self.isDraining = isDraining
      self.logLinesLost = logLinesLost
      self.operators = operators
    }
  }

  private let registry: MetricsRegistry
  private let server: FTPServer
  private let surroundings: Surroundings
  /// The bytes of running transfers, by their place among the series: what was told last never shrinks.
  private let told = Mutex([UInt64](repeating: 0, count: ServerInstruments.places))

  public init(_ registry: MetricsRegistry, _ server: FTPServer, _ surroundings: Surroundings) {
    self.registry = registry
    self.server = server
    self.surroundings = surroundings
    set("weftpd_build_info", 1, [("version", surroundings.version)])
    set("process_start_time_seconds", ProcessFigures.startTime)
  }

  /// All metrics of now.
  public func text(_ format: ExpositionFormat) -> String {
    collectServer()
    collectProcess()
    return registry.text(format, raising: bytes())
  }

  private func set(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    Meter(label: name, dimensions: labels, factory: registry).set(value)
  }

  private func set(_ name: String, _ value: Int, _ labels: [(String, String)] = []) { set(name, Double(value), labels) }

  private func collectServer() {
    let load = server.load
    set("weftpd_sessions", server.activeSessions)
    set("weftpd_draining", surroundings.isDraining() ? 1 : 0)
    set("weftpd_passive_ports", load.passivePorts)
    set("weftpd_run_queue_sessions", load.workers.waiting)
    let busy = load.workers.active + load.workers.lingering
    for (state, count) in [
      ("active", load.workers.active), ("lingering", load.workers.lingering), ("hung", load.workers.hung),
      ("idle", max(0, load.workers.threads - busy)),
    ] { set("weftpd_workers", count, [("state", state)]) }
    for pool in load.pools {
      set("weftpd_pool_running", pool.running, [("pool", pool.name)])
      set("weftpd_pool_waiting", pool.waiting, [("pool", pool.name)])
    }
    raise("weftpd_log_lines_lost_total", to: surroundings.logLinesLost())
    if let operators = surroundings.operators() { set("weftpd_control_connections", operators) }
    let expiries = server.certificateExpiries
    registry.keep(of: "weftpd_certificate_expiry_timestamp_seconds", only: expiries.map { [$0.host] })
    for (host, time) in expiries {
      set("weftpd_certificate_expiry_timestamp_seconds", Double(time), [("host", host)])
    }
  }

  private func collectProcess() {
    raise("process_cpu_seconds_total", to: Int(ProcessFigures.processorSeconds))
    if let memory = ProcessFigures.residentBytes { set("process_resident_memory_bytes", memory) }
    if let threads = ThisProcess.threadCount() { set("process_threads", threads) }
    if let descriptors = ProcessFigures.openDescriptors { set("process_open_fds", descriptors) }
    set("process_max_fds", Double(ProcessFigures.descriptorLimit))
  }

  /// Has a counter stand at a number that somebody else counts.
  private func raise(_ name: String, to value: Int) {
    let counter = Counter(label: name, factory: registry)
    counter.reset()
    counter.increment(by: value)
  }

  /// What running transfers have moved, to be shown on top of what is counted when they end.
  ///
  /// A transfer leaves the running ones before it is counted, so the sum may fall short for a moment, and is never too large: what was
  /// told before is told again then.
  private func bytes() -> [Raise] {
    var running = [UInt64](repeating: 0, count: ServerInstruments.places)
    var counts: [TransferDirection: Int] = [.download: 0, .upload: 0, .listing: 0]
    let ended = (0..<ServerInstruments.places).map { place in
      registry.count(of: "weftpd_transfer_bytes_total", ServerInstruments.labels(ofPlace: place))
    }
    for transfer in server.runningTransfers {
      guard let place = ServerInstruments.place(transfer.direction, transfer.isPrivate, transfer.isMultipath) else {
        continue
      }
      running[place] &+= transfer.bytes
      counts[transfer.direction, default: 0] += 1
    }
    for (direction, count) in counts { set("weftpd_transfers_running", count, [("direction", direction.rawValue)]) }
    return told.withLock { told in
      (0..<ServerInstruments.places).map { place in
        told[place] = max(told[place], ended[place] &+ running[place])
        return Raise(
          name: "weftpd_transfer_bytes_total", labels: ServerInstruments.labels(ofPlace: place), value: told[place])
      }
    }
  }
}
