// The sockets of operators and scrapers: bound at the start, or taken from the server before.

import ControlSocket
import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem
import Logging
import OpenMetrics
import ServerLog
import ServerMetrics
import WeftVersion

extension ServeCommand {
  /// The control socket, which stays where it is when a place is taken: whoever connects finds one server or the other.
  func bindControl(
    _ path: String, _ owner: (user: UInt32, group: UInt32)?, _ predecessor: Predecessor?
  ) throws(ControlSocketError) -> ControlServer.Bound {
    if let predecessor, File.absolutePath(predecessor.path) == File.absolutePath(path),
      let listener = predecessor.takeControl()
    {
      return ControlServer.Bound(inherited: listener, at: path, owner: owner)
    }
    return try ControlServer.Bound(at: path, owner: owner)
  }

  /// Makes the socket where operators reach the server before this one, which gives its own away.
  ///
  /// - Returns: a listener for the caller to close; nil where that server keeps its own, because this one's is elsewhere.
  func bindAside(
    _ predecessor: Predecessor, _ own: String?, _ owner: (user: UInt32, group: UInt32)?
  ) throws(ControlSocketError) -> Int32? {
    guard let own, File.absolutePath(predecessor.path) == File.absolutePath(own) else { return nil }
    ControlServer.removeStale(beside: own)
    let path = ControlServer.path(of: predecessor.process, beside: own)
    return try ControlServer.Bound(at: path, owner: owner).takeListener()
  }

  /// Opens `proxy.socket`, if there is one.
  func openDoor(
    _ server: FTPServer, _ door: LocalDoor?, _ owner: (user: UInt32, group: UInt32)?, _ predecessor: Predecessor?,
    _ logger: Logger
  ) throws(LocalDoorError) {
    guard let door else { return }
    try server.listen(at: door, owner: owner, adopting: predecessor?.takeListener(for: door))
    logger.notice("listening on \(door) for \(door.name) (uid \(door.user)), who passes clients on")
  }

  /// Binds what metrics are scraped at; nil where they are not.
  func bindMetrics(
    _ settings: Settings, _ owner: (user: UInt32, group: UInt32)?, _ predecessor: Predecessor?
  ) throws -> MetricsEndpoint.Bound? {
    guard let address = settings.metricsListen else { return nil }
    if let listener = predecessor?.takeMetrics(at: "\(address)") {
      return MetricsEndpoint.Bound(inherited: listener, at: address)
    }
    do throws(SystemError) {
      return try MetricsEndpoint.Bound(address, owner: owner)
    } catch {
      throw StartFailure(description: "metrics.listen: cannot listen at \(address): \(error.reason)")
    }
  }

  func startMetrics(
    _ bound: consuming MetricsEndpoint.Bound, _ registry: MetricsRegistry, _ server: FTPServer, _ daemon: Daemon,
    _ control: ControlServer?, _ log: DaemonLog
  ) throws(SystemError) -> MetricsEndpoint {
    let collector = MetricsCollector(
      registry, server,
      .init(
        version: weftVersion, isDraining: { daemon.isDraining }, logLinesLost: { log.linesLost },
        operators: { control?.connections }))
    let endpoint = MetricsEndpoint(bound) { collector.text($0) }
    if case .tcp(let address) = endpoint.address, !address.address.isLoopback {
      log.logger().warning("metrics.listen: anybody who reaches \(address) can read the metrics")
    }
    try endpoint.start()
    log.logger().notice("metrics at \(endpoint.address)")
    return endpoint
  }

  /// What a successor gets of it.
  static func metrics(_ endpoint: MetricsEndpoint) -> Estate.Metrics {
    Estate.Metrics(address: "\(endpoint.address)", number: endpoint.number) { try? endpoint.leave() }
  }
}

/// Why a start failed, in words.
struct StartFailure: Error, CustomStringConvertible {
  let description: String
}
