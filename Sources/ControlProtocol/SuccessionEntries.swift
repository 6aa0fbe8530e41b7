// What a server tells whoever is to take its place: how it was started, and what it hands over.
//
// A program of one version asks one of another here, so what is there keeps its form.

/// How a process was started.
public struct OriginEntry: Sendable, Equatable {
  public var process: UInt32
  /// The program file: the numbers of its file system and of the file, and when it was last written, in nanoseconds since 1970.
  public var device: UInt64
  public var inode: UInt64
  public var written: UInt64
  /// A service manager started it and is told how it is.
  public var isManaged: Bool
  /// Its working directory.
  public var directory: String
  /// Its arguments, without the program's name.
  public var arguments: [String]
  /// `NAME=VALUE` of each setting in its environment; no password.
  public var environment: [String]

  public init(
    process: UInt32, device: UInt64, inode: UInt64, written: UInt64, isManaged: Bool, directory: String,
    arguments: [String], environment: [String]
  ) {
    self.process = process
    self.device = device
    self.inode = inode
    self.written = written
    self.isManaged = isManaged
    self.directory = directory
    self.arguments = arguments
    self.environment = environment
  }

  /// Whether it can be told in one packet.
  public var fits: Bool {
    arguments.count <= ControlLimits.arguments && environment.count <= ControlLimits.arguments
      && directory.utf8.count <= ControlLimits.path
      && (arguments + environment).reduce(0) { $0 + $1.utf8.count + 2 } <= ControlLimits.origin
  }
}

/// A listener of control connections that is handed over.
public struct InheritedListenerEntry: Sendable, Equatable {
  /// The address the settings name; its port may be 0.
  public var wanted: String
  /// The address it has.
  public var address: String
  /// It begins with TLS.
  public var isImplicit: Bool
  /// The service manager has it, too, and keeps it open after the process's end.
  public var isKept: Bool
  /// It was made by a socket unit, whatever the settings name.
  public var isOfUnit: Bool

  public init(wanted: String, address: String, isImplicit: Bool, isKept: Bool, isOfUnit: Bool) {
    self.wanted = wanted
    self.address = address
    self.isImplicit = isImplicit
    self.isKept = isKept
    self.isOfUnit = isOfUnit
  }
}

/// What a successor takes over. The descriptors come in this order: ``listeners``, the control socket, ``metrics``, standard error.
public struct InheritanceEntry: Sendable, Equatable {
  public var process: UInt32
  public var listeners: [InheritedListenerEntry]
  /// Where metrics are scraped; empty: nowhere, and no descriptor comes for it.
  public var metrics: String
  /// Standard error comes along.
  public var hasStandardError: Bool
  /// The crypt(3) hash of the password of `accounts.user`; empty without one.
  public var hash: String
  /// NOTIFY_SOCKET of the service manager; empty without one.
  public var notifySocket: String
  /// WATCHDOG_USEC; 0 without a watchdog.
  public var watchdogMicroseconds: UInt64
  /// FDSTORE: how many descriptors the service manager keeps.
  public var storeLimit: UInt32

  public init(
    process: UInt32, listeners: [InheritedListenerEntry], metrics: String, hasStandardError: Bool, hash: String,
    notifySocket: String, watchdogMicroseconds: UInt64, storeLimit: UInt32
  ) {
    self.process = process
    self.listeners = listeners
    self.metrics = metrics
    self.hasStandardError = hasStandardError
    self.hash = hash
    self.notifySocket = notifySocket
    self.watchdogMicroseconds = watchdogMicroseconds
    self.storeLimit = storeLimit
  }
}

extension PacketWriter {
  mutating func append(_ origin: OriginEntry) {
    append(origin.process)
    append(origin.device)
    append(origin.inode)
    append(origin.written)
    append(origin.isManaged)
    append(origin.directory, limit: ControlLimits.path)
    append(list: origin.arguments, limit: ControlLimits.arguments) { $0.append($1, limit: ControlLimits.origin) }
    append(list: origin.environment, limit: ControlLimits.arguments) { $0.append($1, limit: ControlLimits.origin) }
  }

  mutating func append(_ inheritance: InheritanceEntry) {
    append(inheritance.process)
    append(list: inheritance.listeners, limit: ControlLimits.inherited) { writer, listener in
      writer.append(listener.wanted, limit: ControlLimits.place)
      writer.append(listener.address, limit: ControlLimits.place)
      writer.append(listener.isImplicit)
      writer.append(listener.isKept)
      writer.append(listener.isOfUnit)
    }
    append(inheritance.metrics, limit: ControlLimits.text)
    append(inheritance.hasStandardError)
    append(inheritance.hash, limit: ControlLimits.text)
    append(inheritance.notifySocket, limit: ControlLimits.text)
    append(inheritance.watchdogMicroseconds)
    append(inheritance.storeLimit)
  }
}

extension PacketReader {
  mutating func origin() throws(MalformedPacket) -> OriginEntry {
    OriginEntry(
      process: try word(), device: try long(), inode: try long(), written: try long(), isManaged: try flag(),
      directory: try text(limit: ControlLimits.path), arguments: try texts(), environment: try texts())
  }

  private mutating func texts() throws(MalformedPacket) -> [String] {
    try list(limit: ControlLimits.arguments) { (reader) throws(MalformedPacket) in
      try reader.text(limit: ControlLimits.origin)
    }
  }

  mutating func inheritance() throws(MalformedPacket) -> InheritanceEntry {
    InheritanceEntry(
      process: try word(),
      listeners: try list(limit: ControlLimits.inherited) { (reader) throws(MalformedPacket) in
        InheritedListenerEntry(
          wanted: try reader.text(limit: ControlLimits.place), address: try reader.text(limit: ControlLimits.place),
          isImplicit: try reader.flag(), isKept: try reader.flag(), isOfUnit: try reader.flag())
      }, metrics: try text(limit: ControlLimits.text), hasStandardError: try flag(),
      hash: try text(limit: ControlLimits.text), notifySocket: try text(limit: ControlLimits.text),
      watchdogMicroseconds: try long(), storeLimit: try word())
  }
}
