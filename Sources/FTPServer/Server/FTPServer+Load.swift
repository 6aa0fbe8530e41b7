// What a server is busy with at one moment, for who measures it.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import Reactor

/// A pool of threads that work on files.
public struct PoolLoad: Sendable {
  /// `commits`, `digests` or `files`.
  public let name: String
  /// Work that runs now, and work that waits.
  public let running: Int
  public let waiting: Int
}

/// How busy a server is.
public struct ServerLoad: Sendable {
  public let workers: WorkerLoad
  public let pools: [PoolLoad]
  /// Passive ports that wait for their client or serve a transfer.
  public let passivePorts: Int
}

/// The bytes of a transfer that runs, with what tells its kind.
public struct RunningTransfer: Sendable {
  public let direction: TransferDirection
  public let isPrivate: Bool
  public let isMultipath: Bool
  public let bytes: UInt64
}

extension FTPServer {
  /// The names of the commands a server knows, in the order of ``MeasuredCommand/index``.
  public static var commandNames: [String] { CommandTable.rows.map(\.verb.description) }

  /// How busy it is. Any thread may ask.
  public var load: ServerLoad {
    let pools = [("commits", context.commitPool), ("digests", context.digestPool), ("files", context.filePool)]
    return ServerLoad(
      workers: context.reactor.load,
      pools: pools.map { name, pool in
        let load = pool.load
        return PoolLoad(name: name, running: load.running, waiting: load.waiting)
      }, passivePorts: context.passivePorts.openCount)
  }

  /// What runs now, listings included.
  public var runningTransfers: [RunningTransfer] {
    context.registry.summaries.compactMap { session in
      session.transfer.map {
        RunningTransfer(
          direction: $0.direction, isPrivate: $0.isPrivate, isMultipath: $0.isMultipath, bytes: session.bytes)
      }
    }
  }

  /// When the certificates in use expire, in seconds since 1970, by the name of their virtual host; an empty name is the server's own.
  public var certificateExpiries: [(host: String, time: Int64)] { context.tls?.current?.expiries ?? [] }
}
