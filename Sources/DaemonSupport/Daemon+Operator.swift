// What operators can have a daemon do by its control socket, a successor among them.

import ControlProtocol
import ControlSocket
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import Logging

extension Daemon: ControlActions {
  public func reloadForOperator() -> Bool { reloadTellingManager() }

  public func drain(within limit: Duration?, for who: String) -> Bool { beginDrain(limit, for: who) }

  public var isDraining: Bool { state.withLock { $0.isDraining || $0.isEnding } }

  public func describeSettings() -> String {
    let loaded = state.withLock { $0.loaded }
    let findings =
      loaded.warnings.map { "warning: \($0)" } + CertificateReport.findings(loaded.settings).map { "tls \($0)" }
      + MultipathFindings.probe(loaded.settings).map { "multipath \($0.severity): \(MultipathFindings.text($0))" }
    return findings.map { "# \($0.split(whereSeparator: \.isNewline).joined(separator: " "))\n" }.joined()
      + SettingsDocuments.effective(loaded)
  }

  // MARK: a successor

  /// What there is for a successor; until it is known, none can come.
  public func bequeath(_ estate: Estate) { state.withLock { $0.estate = estate } }

  var estate: Estate? { state.withLock { $0.estate } }

  public var origin: OriginEntry {
    estate?.origin
      ?? OriginEntry(
        process: UInt32(getpid()), device: 0, inode: 0, written: 0, isManaged: false, directory: "/", arguments: [],
        environment: [])
  }

  public var successor: UInt32? { state.withLock { $0.successor } }

  public func inheritance() -> (entry: InheritanceEntry, listeners: [Int32], others: [Int32])? {
    let estate = state.withLock { state -> Estate? in
      state.isEnding || state.isDraining || state.successor != nil ? nil : state.estate
    }
    return estate?.inheritance(hash: hash)
  }

  /// Nobody is accepted here any more, and what only one process can have is let go of, before this returns.
  public func succeed(
    by process: UInt32, hooks pipe: consuming Descriptor?
  ) -> (firstSession: UInt64, sessions: Int)? {
    let (found, limit) = state.withLock { state -> (Estate?, Duration) in
      let limit = state.loaded.settings.shutdownUpgrade
      guard !state.isEnding, !state.isDraining, state.successor == nil, let estate = state.estate else {
        return (nil, limit)
      }
      state.successor = process
      return (estate, limit)
    }
    guard let estate = found else { return nil }
    estate.server.leaveListeners()
    estate.metrics?.leave()
    estate.release()
    if let pipe, let hooks = estate.hooks {
      do throws(SystemError) { try hooks.redirect(to: pipe) } catch { logger.error("hooks: \(error)") }
    }
    estate.notifier?.yield(to: process)
    let sessions = server.activeSessions
    logger.notice(
      "process \(process) accepts from now on; \(sessions) session\(sessions == 1 ? "" : "s") may go on here for \(limit.asSetting), transfers to their end"
    )
    Task {
      if !(await estate.server.waitForSessions(within: limit)) {
        logger.notice("shutdown.upgrade is over: sessions end when they have no transfer")
        _ = await server.drain(grace: Self.longDrain)
      }
      await predecessor?.waitForEnd(within: nil)
      logger.notice("the last session has ended")
      estate.server.closeQuotas()
      end(0)
    }
    return (estate.server.nextSession, sessions)
  }

  // MARK: processes before this one

  public var predecessors: [UInt32] {
    guard let predecessor, predecessor.isAlive else { return [] }
    return [predecessor.process]
  }

  public func askPredecessors(_ request: ControlRequest) -> Int {
    guard let predecessor, predecessor.isAlive else { return 0 }
    return predecessor.ask(request)
  }
}
