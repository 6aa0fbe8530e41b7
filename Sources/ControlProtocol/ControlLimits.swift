// How long the fields of messages may be, in bytes, unless something else is said.

/// The limits that writers cut to and readers insist on.
public enum ControlLimits {
  /// The version of the protocol: the first byte of every packet.
  public static let version: UInt8 = 2
  /// No packet of a client is longer.
  public static let request = 32_768
  /// No packet of a server is longer.
  public static let reply = 65_536
  /// A user's name.
  public static let user = 1024
  /// A path of a client; a longer one is cut.
  public static let path = 4096
  /// An address with a port, or a network.
  public static let address = 64
  /// Where a listener is: an address with a port, or `unix:` and the path of a socket, which has 107 bytes at most.
  public static let place = 128
  /// Whom a ban is of: an address, a network, or `user:NAME` with each odd byte of the name as three.
  public static let subject = 1024
  /// Words to a client (the 421 of a kick), a reason.
  public static let words = 400
  /// Free text of a server: errors, TLS, reports of paths.
  public static let text = 2048
  /// A log line, or a part of a longer text.
  public static let line = 32_768
  /// The name of a command.
  public static let verb = 8
  /// Paths of one connection.
  public static let paths = 64
  /// Sessions in one packet; a list takes as many packets as it needs.
  public static let sessions = 4096
  /// Bans in one packet.
  public static let bans = 4096
  /// Listeners in a status.
  public static let listeners = 256
  /// Predecessors in a status.
  public static let predecessors = 64
  /// Listeners that one successor can take over: with the rest, as many descriptors as a packet can take along.
  public static let inherited = 240
  /// The key of a field of an account, or a command.
  public static let key = 64
  /// The value of such a field; a longer one is not told.
  public static let value = 16_384
  /// Fields that one request sets, and takes away.
  public static let fields = 128
  /// A password, in bytes: as long as crypt(3) takes one.
  public static let password = 512
  /// Users in one answer, and fields in one packet.
  public static let accounts = 200
  /// File systems in one answer: all of them in one packet, however long their names.
  public static let disks = 24
  /// Certificates in one answer.
  public static let certificates = 200
  /// Arguments that a process tells of its start, and as many variables of its environment.
  public static let arguments = 512
  /// All arguments and variables together: what is longer cannot be told.
  public static let origin = 60_000
  /// A list's packet is closed when it has grown to this: what follows fits into ``reply`` beside it.
  public static let listPacket = 32_768
}
