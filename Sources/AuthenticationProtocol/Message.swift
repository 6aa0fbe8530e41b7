// The four messages between weftpd and weftpd-authd, as values.

/// What weftpd asks: is this the password of a local user who may log in?
public struct LoginRequest: Sendable {
  /// The name of the PAM service: letters, digits, `-` and `_`.
  public let service: String
  /// Users with a lower id are refused.
  public let minimumUser: UInt32
  /// As the client sent it; 1 to 255 bytes without NUL.
  public let user: [UInt8]
  /// At most 512 bytes without NUL.
  public let password: Secret
  /// The client's address as text, for PAM's log; at most 64 bytes of printable ASCII without blanks.
  public let remoteHost: String

  public init(service: String, minimumUser: UInt32, user: [UInt8], password: Secret, remoteHost: String) {
    self.service = service
    self.minimumUser = minimumUser
    self.user = user
    self.password = password
    self.remoteHost = remoteHost
  }
}

/// A local user who has logged in.
public struct LocalUser: Sendable, Equatable {
  public let user: UInt32
  public let group: UInt32
  /// Every group, the primary one among them; at most 1,024.
  public let groups: [UInt32]
  /// An absolute path.
  public let home: String

  public init(user: UInt32, group: UInt32, groups: [UInt32], home: String) {
    self.user = user
    self.group = group
    self.groups = groups
    self.home = home
  }
}

/// A message. `id` is chosen by who asks and comes back with the answer.
public enum Message: Sendable {
  case request(id: UInt32, LoginRequest)
  case accepted(id: UInt32, LocalUser)
  /// The name, the password, or the kind of user: which of them is not told.
  case refused(id: UInt32)
  /// Nothing was decided: too much to do, or something is broken.
  case tryLater(id: UInt32)
}
