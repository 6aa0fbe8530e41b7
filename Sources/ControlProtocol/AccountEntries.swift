// What operators are told of accounts, and what they ask to have changed.

/// A user in a list.
public struct AccountEntry: Sendable, Equatable {
  public var name: [UInt8]
  /// Cut after ``ControlLimits/text`` bytes.
  public var home: String
  /// The user may only list and download, but for rules about single paths.
  public var isReadOnly: Bool
  /// The option `enabled` is not `no`.
  public var isEnabled: Bool
  /// No password is right.
  public var isLocked: Bool
  public var hasSecondFactor: Bool
  /// The groups with `;` between them, the strongest first.
  public var groups: String

  public init(
    name: [UInt8], home: String, isReadOnly: Bool, isEnabled: Bool, isLocked: Bool, hasSecondFactor: Bool,
    groups: String
  ) {
    self.name = name
    self.home = home
    self.isReadOnly = isReadOnly
    self.isEnabled = isEnabled
    self.isLocked = isLocked
    self.hasSecondFactor = hasSecondFactor
    self.groups = groups
  }
}

/// Where accounts are kept, and what keeps the one who asks from changing them.
public struct AccountPlaceEntry: Sendable, Equatable {
  /// A path, or how a database is reached.
  public var place: String
  /// Why nothing can be changed by this socket, and what to do; empty: it can.
  public var obstacle: String

  public init(place: String, obstacle: String) {
    self.place = place
    self.obstacle = obstacle
  }
}

/// One field of a user's entry, set or not.
public struct AccountFieldEntry: Sendable, Equatable {
  /// Where its value comes from.
  public enum Origin: UInt8, Sendable {
    /// Nowhere: it is not set.
    case none
    /// The entry itself.
    case entry
    /// A group of the user.
    case group
  }

  public var key: String
  public var value: String
  public var origin: Origin
  /// It has a value that is not told: a secret, or one that is too long.
  public var isHidden: Bool
  /// What a value must look like; empty: it cannot be set.
  public var expected: String
  /// What it does, one sentence.
  public var meaning: String

  public init(
    key: String, value: String, origin: Origin, isHidden: Bool = false, expected: String, meaning: String
  ) {
    self.key = key
    self.value = value
    self.origin = origin
    self.isHidden = isHidden
    self.expected = expected
    self.meaning = meaning
  }
}

/// A field with the value it is to have.
public struct AccountSetting: Sendable, Equatable {
  /// `home`, `access`, `groups` or an option.
  public var key: String
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// Something to be done to a user's entry.
public struct AccountEdit: Sendable, Equatable {
  public enum Act: Sendable, Equatable {
    /// Adds the user. An empty password: no password is right.
    case add(password: [UInt8], set: [AccountSetting])
    /// Sets fields and takes options away, all of them or, if anything is wrong, none.
    case update(set: [AccountSetting], unset: [String])
    /// Sets a password. An empty one: no password is right.
    case password([UInt8])
    /// Removes the user; the home is left alone.
    case remove
    /// Has the home counted again, for quotas.
    case recount
  }

  /// The user's name.
  public var name: [UInt8]
  public var act: Act
  /// In whose name it is asked, for the log; nobody checks it.
  public var author: String

  public init(name: [UInt8], _ act: Act, author: String) {
    self.name = name
    self.act = act
    self.author = author
  }
}

/// Whether a user may do something.
public struct AccountQuestion: Sendable, Equatable {
  /// The user's name.
  public var name: [UInt8]
  /// The command, such as `STOR` or `SITE CHMOD`.
  public var verb: String
  /// As the user sees it, from the user's `/`.
  public var path: [UInt8]
  /// Where the client comes from; empty: that is not asked.
  public var address: String

  public init(name: [UInt8], verb: String, path: [UInt8], address: String) {
    self.name = name
    self.verb = verb
    self.path = path
    self.address = address
  }
}

/// A file system that is served.
public struct DiskEntry: Sendable, Equatable {
  /// A directory of it that is served; cut after ``ControlLimits/text`` bytes.
  public var directory: String
  /// Bytes it has.
  public var total: UInt64
  /// Bytes that can still be stored.
  public var free: UInt64

  public init(directory: String, total: UInt64, free: UInt64) {
    self.directory = directory
    self.total = total
    self.free = free
  }
}

/// A certificate that is in use.
public struct CertificateEntry: Sendable, Equatable {
  /// The virtual host it is for, ``ControlLimits/subject`` bytes of it at most; empty: the server itself.
  public var host: String
  /// When it expires, in seconds since 1970-01-01 00:00:00 UTC.
  public var expires: UInt64

  public init(host: String, expires: UInt64) {
    self.host = host
    self.expires = expires
  }
}
