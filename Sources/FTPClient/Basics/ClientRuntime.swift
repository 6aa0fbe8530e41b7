// What all sessions of a program share: the thread that wakes them, and buffers.

import FTPTransfer
import Glibc
import LinuxSystem
import Reactor

/// Made once by a program and handed to its sessions: there is no global state in this module.
public final class ClientRuntime: Sendable {
  let reactor: Reactor
  let pools = TransferPools()

  /// Starts the thread that waits for sockets; it lives as long as the process.
  ///
  /// - Parameter ignoresBrokenPipes: has the process ignore SIGPIPE, as sendfile(2) and OpenSSL need. False only if the program does so
  ///   itself.
  public init(ignoresBrokenPipes: Bool = true) throws(ClientError) {
    if ignoresBrokenPipes { signal(SIGPIPE, SIG_IGN) }
    do throws(SystemError) { reactor = try Reactor() } catch {
      throw ClientError(.localFile, "cannot wait for sockets: \(error)", cause: error)
    }
  }
}
