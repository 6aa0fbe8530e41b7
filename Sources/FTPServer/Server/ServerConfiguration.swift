// What an operator may set of the server's behaviour, as plain values; DaemonSettings reads them from files and checks them.

import FTPProtocol
import LinuxSystem
import MultipathTCP

/// The settings a session works by. A session keeps the ones it started with.
public struct ServerConfiguration: Sendable, Equatable {
  /// The address that a 227 reply tells the client to connect to.
  public enum PassiveAddress: Sendable, Equatable {
    /// The address the client's control connection came in on.
    case automatic
    /// The IPv4 address the outside of a NAT shows.
    case fixed(IPAddress)
  }

  /// Bounds on what clients may take.
  public struct Limits: Sendable, Equatable {
    /// Sessions at once; further ones are answered 421.
    public var sessions = 10_000
    /// Sessions at once from one address; 0 is no limit.
    public var sessionsPerAddress = 0
    /// Sessions at once of one user; 0 is no limit.
    public var sessionsPerUser = 0
    /// Sessions at once that nobody has logged in to; 0: half of ``sessions``, so that the others have room.
    public var beforeLogin = 0
    /// The same from one address; 0: a twentieth of ``sessions``, but 10 at least.
    public var beforeLoginPerAddress = 0
    /// Bytes of a command line; a longer one is discarded to its end and answered 500.
    public var commandLine = 4096
    /// Wrong passwords after which the connection ends; the last one is answered 530 too.
    public var loginAttempts = 3
    /// Entries up to which LIST and NLST are sorted by name; larger directories are sent in the file system's order.
    public var sortedListing = 10_000
    public init() {}

    var beforeLoginInForce: Int { beforeLogin > 0 ? beforeLogin : max(10, sessions / 2) }
    var beforeLoginPerAddressInForce: Int { beforeLoginPerAddress > 0 ? beforeLoginPerAddress : max(10, sessions / 20) }
  }

  /// How long the server waits.
  public struct Timeouts: Sendable, Equatable {
    /// From the greeting to a successful login.
    public var login: Duration = .seconds(60)
    /// Between commands, while no transfer runs.
    public var idle: Duration = .seconds(900)
    /// For a data connection to be made.
    public var dataConnect: Duration = .seconds(30)
    /// Without a kilobyte of the file moving on a data connection.
    public var dataStall: Duration = .seconds(300)
    public init() {}
  }

  /// Where multipath TCP (RFC 8684) is used.
  public struct Multipath: Sendable, Equatable {
    /// The listeners of control connections.
    public var control = MultipathPolicy.automatic
    /// Data connections. `automatic` follows the control connection, or the kernel if `control` is off.
    public var data = MultipathPolicy.automatic
    /// Whether findings that an operator should act on are logged.
    public var warns = true
    public init() {}
  }

  /// The text of the 220 reply; no line breaks.
  public var greeting = "weftpd ready"
  public var passiveEnabled = true
  public var activeEnabled = true
  /// The port active data connections come from; 0 lets the kernel choose.
  public var activeSourcePort: UInt16 = 0
  /// The ports of passive data connections; nil lets the kernel choose.
  public var passivePorts: ClosedRange<UInt16>? = 49152...65534
  public var passiveAddress = PassiveAddress.automatic
  public var limits = Limits()
  public var rates = Rates()
  public var quotas = Quotas()
  public var timeouts = Timeouts()
  public var multipath = Multipath()
  public var hosts = Hosts()
  /// The transfer type until the client sends TYPE; hosts and users may have another.
  public var defaultType = DefaultTransferType.ascii
  public var digests = Digests()
  public var files = Files()
  public var security = Security()
  public var transfer = Transfer()
  public var proxy = Proxy()
  public var uploads = Uploads()

  public init() {}
}
