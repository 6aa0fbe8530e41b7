// What a program may choose of its sessions, as plain values.

import FTPProtocol
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// The options of a session. As they are: TLS or nothing, multipath where it is to be had, passive before active.
public struct ClientOptions: Sendable {
  /// How the session is protected.
  public enum Security: Sendable, Hashable {
    /// Everything in clear, passwords too.
    case off
    /// TLS if the server has it. Whoever is on the way can make it look as if it had none.
    case ifOffered
    /// AUTH TLS (RFC 4217), or an error before anything secret was said.
    case required
    /// TLS from the first byte.
    case implicit
  }

  /// Who connects for data.
  public enum DataMode: Sendable, Hashable {
    /// EPSV, then PASV, then the active mode; what worked is remembered for the session.
    case automatic
    /// The client connects: EPSV or PASV.
    case passive
    /// The server connects: EPRT or PORT.
    case active
  }

  /// How long things may take.
  public struct Timeouts: Sendable, Hashable {
    /// From the name look-up to the control connection.
    public var connect = Duration.seconds(20)
    /// For a reply, and for the greeting.
    public var reply = Duration.seconds(60)
    /// For a data connection; then the next way is tried.
    public var dataConnect = Duration.seconds(10)
    /// A transfer may move less than 1,024 bytes for so long.
    public var stall = Duration.seconds(60)
    /// For the replies to ABOR.
    public var abort = Duration.seconds(10)

    public init() {}
  }

  /// What is told to ``trace``.
  public enum TraceEvent: Sendable, Hashable {
    /// A command went out; the arguments of PASS and ACCT are hidden.
    case sent(String)
    /// A reply came.
    case received(ReceivedReply)
    /// Something else worth telling: an address that was corrected, a way that failed.
    case note(String)
  }

  public var security = Security.required
  /// Whom to believe under TLS. The default is verification by the system's authorities.
  public var tls = TLSClientOptions()
  /// Whether data goes in clear although the control connection is protected (PROT C).
  public var clearData = false
  /// Takes what came over a data connection that ended without close_notify for whole, if the server says so. Such an end can be
  /// anybody's who is on the way; where the size is known it is compared, and this does not matter.
  public var toleratesMissingClose = false
  /// For control and data connections alike.
  public var multipath = MultipathPolicy.automatic
  public var dataMode = DataMode.automatic
  /// What all connections go through; nil: straight to the server. Then only the passive mode is to be had.
  public var proxy: ClientProxy?
  /// For whom the session is, where that is somebody else than this program, and how the server is reached; not together with ``proxy``.
  public var passedOn: PassedOn?
  /// The ports that are listened at in active mode; nil: any.
  public var activePorts: ClosedRange<UInt16>?
  /// Connects to the address in a 227 reply even if it is not the server's own. The default protects from a server that sends its
  /// clients to a third host, and mends servers behind NAT that announce a private address.
  public var believesPassiveAddress = false
  public var timeouts = Timeouts()
  /// How fast transfers may be and how many connections there may be; agreed on with servers that know OPTS LIMITS. All sessions that
  /// are made with one object share it. nil: no limits.
  public var limits: ClientLimits?
  /// How often NOOP is said while nothing else is; nil: never.
  public var keepAlive: Duration?
  /// Sends OPTS UTF8 ON to servers that have UTF8 (RFC 2640): old ones speak another character set until then.
  public var announcesUTF8 = true
  /// False for servers that take a doubled 0xFF in a name for two bytes; vsftpd and Pure-FTPd are known by their greetings.
  public var doublesEscape = true
  /// Told what goes over the control connection, on the session's executor: it should be quick.
  public var trace: (@Sendable (TraceEvent) -> Void)?

  public init() {}
}

/// Who logs in.
public struct Credentials: Sendable {
  public var user: [UInt8]
  /// nil: whether one is needed is found out.
  public var password: [UInt8]?
  /// What ACCT says if the server asks for it (332).
  public var account: [UInt8]?

  /// A user by name.
  public init(user: [UInt8], password: [UInt8]? = nil, account: [UInt8]? = nil) {
    self.user = user
    self.password = password
    self.account = account
  }

  /// A user by name, in UTF-8.
  public init(user: String, password: String? = nil) {
    self.init(user: Array(user.utf8), password: password.map { Array($0.utf8) })
  }

  /// The anonymous user (RFC 1635), who gives an address instead of a password.
  public static func anonymous(_ address: String = "anonymous@") -> Credentials {
    Credentials(user: "anonymous", password: address)
  }
}

extension Credentials: CustomStringConvertible {
  /// The user; never the password.
  public var description: String { RemotePath.printable(user) }
}
