// What all sessions of a program share: the thread that wakes them, and buffers.

import FTPTransfer
import Glibc
import LinuxSystem
import Reactor
import Synchronization

/// Made once by a program and handed to its sessions: there is no global state in this module.
public final class ClientRuntime: Sendable {
  let reactor: Reactor
  let pools = TransferPools()
  /// Servers (`host:port`) that do not take a command before they have answered the one before it.
  private let oneByOne = Mutex<Set<String>>([])
  private let commands = Atomic<Int>(0)

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

  /// How many commands all of its sessions have sent until now.
  public var commandCount: Int { commands.load(ordering: .relaxed) }

  func countCommand() { commands.add(1, ordering: .relaxed) }

  /// Whether commands may be sent to a server ahead of its answers.
  func takesCommandsAhead(_ place: String) -> Bool { oneByOne.withLock { !$0.contains(place) } }

  /// Remembers that a server did not get along with commands that were sent ahead.
  func noteOneByOne(_ place: String) { oneByOne.withLock { _ = $0.insert(place) } }
}
