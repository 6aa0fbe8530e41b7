// Whether the addresses of `listen` can be had, without listening on them: for `weftpd check`.

import DaemonSettings
import FTPServer
import Glibc
import LinuxSystem
import MultipathTCP

/// Tries to bind the addresses of the settings.
public enum ListenCheck {
  /// What binding them came to.
  public struct Result: Sendable, Equatable {
    /// Why `serve` could not listen.
    public var problems: [SettingsProblem] = []
    /// Ports that somebody has, who may be the daemon that is to be restarted.
    public var warnings: [SettingsProblem] = []
  }

  /// Binds each address and lets go of it at once; no client notices.
  public static func examine(_ loaded: LoadedSettings) -> Result {
    var result = Result()
    for listener in loaded.settings.listenAddresses {
      guard let error = fault(listener.address) else { continue }
      let text = ListenError(address: listener.address, cause: .system(error)).description
      let problem = SettingsProblem(loaded.origin("listen"), key: "listen", text)
      if error.code == EADDRINUSE { result.warnings.append(problem) } else { result.problems.append(problem) }
    }
    return result
  }

  private static func fault(_ address: SocketAddress) -> SystemError? {
    do throws(SystemError) {
      let family = address.address.family
      let socket = try Socket.stream(family)
      // As a server binds: beside connections that are only waiting for their end, and IPv6 apart from IPv4.
      try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
      if family == .ipv6 { try Socket.setOption(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
      try Socket.bind(socket, to: address, family: family)
      return nil
    } catch {
      return error
    }
  }
}
