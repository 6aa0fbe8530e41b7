// What all sessions of a server share: settings, accounts, the reactor, the pools and the counters.

import Accounts
import Bandwidth
import FTPProtocol
import FTPTransfer
import Jail
import LinuxSystem
import Logging
import Quotas
import Reactor
import Synchronization
import TransportSecurity
import UploadStore

/// The shared state of one server. Everything mutable in it is behind a `Mutex` or an `Atomic`.
final class ServerContext: Sendable {
  /// Settings and accounts as they were at one moment; a reload makes a new one.
  final class Snapshot: Sendable {
    let configuration: ServerConfiguration
    let accounts: AccountSource
    let jails: JailCache
    /// ``partnerTLS()``, once it is made.
    let partners = Mutex<TLSClientContext?>(nil)

    init(configuration: ServerConfiguration, accounts: AccountSource) {
      self.configuration = configuration
      self.accounts = accounts
      jails = JailCache(roots: accounts.roots, fault: accounts.fault)
      // Opened now, so that these users can log in even if the process later runs out of descriptors.
      for source in [accounts] + accounts.hosts.values {
        for home in [source.single?.home, source.anonymousRoot] {
          if let home { _ = try? jails.jail(home) }
        }
      }
    }
  }

  /// How far the end of the server has come.
  enum Ending: Int, AtomicRepresentable {
    /// It serves.
    case no
    /// Sessions end as soon as they have no transfer.
    case draining
    /// Transfers are broken off.
    case now
  }

  let reactor: Reactor
  let logger: Logger
  /// What happens in the sessions, for all who read it.
  let events: EventStream
  let tls: TLSStore?
  /// Whether the kernel encrypts TLS on plain TCP connections; asked once.
  let kernelEncrypts: Bool
  /// Knows the passwords of local users; nil when those may not log in.
  let localUsers: LocalUserAuthenticator?
  /// Knows users that no directory has; nil when nobody is asked.
  let authority: (any PasswordAuthority)?
  /// Grows when entries have changed without a reload.
  let accountChanges = Atomic<Int>(0)
  let registry = SessionRegistry()
  let passivePorts = PassivePorts()
  /// Where control connections are accepted.
  let controlListeners = Mutex<[SocketAddress]>([])
  let notices = NoticeLimit()
  let verifier = PasswordVerifier()
  let budget = LoginBudget()
  let lookups = LookupLimit()
  /// Connections from balancers that have not said whose they are; as many more wait at the listener.
  let introductions = LookupLimit(4096)
  let usedCodes = UsedCodes()
  let pools = TransferPools()
  let digestPool = WorkerPool(label: "weftpd.digests")
  let digestCache = DigestCache()
  let runningDigests = RunningDigests()
  let filePool = WorkerPool(label: "weftpd.files")
  /// Uploads on their way to the disk. Nobody is turned away here: they have come already.
  let commitPool = WorkerPool(label: "weftpd.commits", queueLimit: 1_000_000)
  let sweeper = PartialSweeper()
  let ledger = PartialLedger()
  /// Uploads that come in segments.
  let segments = SegmentTable()
  let names = OwnerNames()
  /// The buckets of bandwidth that sessions share.
  let rates = RateTable<RateKey>(clock: .system)
  /// What directories hold, and what users have moved.
  let quotas: QuotaLedger
  let counters = TransferCounters()
  let policy: (any ClientPolicy)?
  /// Who measures; nil: nobody does.
  let meter: (any ServerMeter)?
  let ending = Atomic<Ending>(.no)
  private let snapshotState: Mutex<Snapshot>

  init(
    reactor: Reactor, snapshot: Snapshot, logger: Logger, tls: TLSStore? = nil,
    localUsers: LocalUserAuthenticator? = nil, authority: (any PasswordAuthority)? = nil,
    policy: (any ClientPolicy)? = nil, readers: [any SessionEventReader] = [], meter: (any ServerMeter)? = nil
  ) {
    self.meter = meter
    self.reactor = reactor
    self.tls = tls
    kernelEncrypts = tls != nil && Socket.kernelTLSFault() == nil
    self.localUsers = localUsers
    self.authority = authority
    self.policy = policy
    quotas = QuotaLedger(
      clock: { MonotonicTime.now.nanoseconds }, counting: { QuotaLedger.count($0) },
      tell: { logger.error("\($0)") })
    self.logger = logger
    events = EventStream(log: EventLog(logger: logger), counters: counters, readers, meter: meter)
    snapshotState = Mutex(snapshot)
  }

  var snapshot: Snapshot {
    get { snapshotState.withLock { $0 } }
    set { snapshotState.withLock { $0 = newValue } }
  }
}
