// What a session asks about accounts, whoever keeps them: a table in memory, or a service that takes its time.

/// Accounts that are looked up by name. All sessions share a directory, so it is asked from many threads at once.
public protocol AccountDirectory: Sendable {
  /// What the directory knows without waiting for anything: it neither suspends nor blocks.
  ///
  /// The default is ``AccountAnswer/takesTime``, after which ``entry(named:)`` is asked.
  func entryNow(named name: [UInt8]) -> AccountAnswer

  /// The user of exactly this name; nil if there is none.
  ///
  /// The task is cancelled when nobody waits for the answer any more. It must not block its thread.
  /// - Throws: when nobody can tell, which is not the same as that there is no such user.
  func entry(named name: [UInt8]) async throws(AccountDirectoryError) -> UserEntry?

  /// How many of the users have a second factor, as far as is known now. It neither suspends nor blocks.
  var challengeShare: ChallengeShare { get }
}

extension AccountDirectory {
  public func entryNow(named name: [UInt8]) -> AccountAnswer { .takesTime }
}

/// What a directory can say at once about a name.
public enum AccountAnswer: Sendable, Equatable {
  /// The user of this name, or that there is none.
  case known(UserEntry?)
  /// It has to be asked, which may take its time.
  case takesTime
}

/// Why a directory could not tell whether there is a user.
public struct AccountDirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened and what to do, for the operator's log. It must contain no password and no hash.
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// What has to be known of all users together to ask for a second factor without telling who exists.
public struct ChallengeShare: Sendable, Hashable {
  /// How many users there are.
  public let users: Int
  /// How many of them have a second factor.
  public let withSecondFactor: Int
  /// Bytes that nobody outside knows and that are the same after a restart: by them, of the names that nobody has, those are chosen
  /// that are asked for a code.
  public let key: [UInt8]

  /// Takes the figures as they are.
  public init(users: Int, withSecondFactor: Int, key: [UInt8]) {
    self.users = users
    self.withSecondFactor = withSecondFactor
    self.key = key
  }

  /// Counts `entries`; the key is the first secret among them.
  public init(_ entries: some Sequence<UserEntry>) {
    var (users, withSecondFactor) = (0, 0)
    var first: [UInt8] = []
    for entry in entries {
      users += 1
      guard let secret = entry.sharedOptions?.value.oneTimeSecret else { continue }
      if withSecondFactor == 0 { first = secret }
      withSecondFactor += 1
    }
    self.init(users: users, withSecondFactor: withSecondFactor, key: Array(Base32.encode(first).utf8))
  }
}
