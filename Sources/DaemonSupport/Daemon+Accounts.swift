// What operators see and change of a daemon's accounts and file systems by its control socket.

import Accounts
import ControlProtocol
import ControlSocket
import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import Quotas

extension Daemon {
  public var accounts: (any AccountKeeper)? { AccountDesk(daemon: self) }

  var loadedSettings: LoadedSettings { state.withLock { $0.loaded } }

  /// The accounts that settings name, as they are now.
  func accountSetup(_ loaded: LoadedSettings) throws(SettingsError) -> AccountSetup {
    try AccountSetup(loaded, hash: hash, database: database)
  }

  /// Reads the tables again that the settings in force name: what has changed in them holds from now on, for sessions that run too.
  ///
  /// - Parameter name: a user's, as people read it.
  /// - Returns: what is wrong with it, or odd about that user.
  func rereadAccounts(about name: String) -> [String] {
    reloading.withLock { _ in
      if let predecessor, predecessor.isAlive { predecessor.tell(.reload) }
      let loaded = loadedSettings
      do throws(SettingsError) {
        let accounts = try accountSetup(loaded)
        server.reload(configuration: loaded.settings.configuration, accounts: accounts.source)
        state.withLock { $0.served = nil }
        return accounts.warnings.map { "\($0)" }.filter { $0.contains(name) }
      } catch {
        let problems = error.problems.map { "\($0)" }
        for problem in problems { logger.error("\(problem)") }
        return ["what weftpd has read of it cannot be used, and the users of before stay"] + problems
      }
    }
  }

  /// Counts a directory for its quotas again.
  func recount(_ directory: String) -> QuotaUsage? { estate?.server.recount(directory) }

  // MARK: disks

  public var disks: [DiskEntry] {
    served().compactMap { directory in
      do throws(SystemError) {
        let space = try File.space(at: directory)
        return DiskEntry(directory: directory, total: space.total, free: space.free)
      } catch {
        return nil
      }
    }
  }

  /// One directory that is served on each file system, until the next reload.
  private func served() -> [String] {
    if let served = state.withLock({ $0.served }) { return served }
    let roots = (try? accountSetup(loadedSettings).roots.map(\.path)) ?? []
    var devices: Set<UInt64> = []
    var found: [String] = []
    // With more homes than that, the first ones tell.
    for root in roots.prefix(10_000) where found.count < ControlLimits.disks {
      guard let status = try? File.status(at: root), devices.insert(status.device).inserted else { continue }
      found.append(root)
    }
    state.withLock { $0.served = found }
    return found
  }
}
