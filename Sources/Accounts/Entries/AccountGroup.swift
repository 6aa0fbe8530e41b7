// A group of users: what its members have unless their own entries say otherwise, and the limits they share.

/// A group of accounts. ``UserEntry`` names the groups of a user; the entry's own options are stronger than those of its groups, and
/// those of the first group are stronger than those of the next.
public struct AccountGroup: Sendable, Hashable {
  /// The name, as entries write it.
  public let name: String
  /// The home of members whose entries name none: `%u` in it is the name of the user. nil: entries must name one.
  public let home: String?
  /// What members may do whose entries do not say.
  public let permissions: AccountPermissions?
  /// What members have, and what they share (`group-…`).
  public let options: AccountOptions
  /// The line of the table the group stands in, from 1; 0 if it was not read from a table.
  public let line: Int

  public init(
    name: String, home: String? = nil, permissions: AccountPermissions? = nil,
    options: AccountOptions = AccountOptions(), line: Int = 0
  ) {
    self.name = name
    self.home = home
    self.permissions = permissions
    self.options = options
    self.line = line
  }

  /// The home of the member `user`; nil if the group names none, or the name of the user cannot be a name of a directory.
  public func home(of user: [UInt8]) -> String? {
    guard let home, home.contains("%u") else { return home }
    guard let name = String(validating: user, as: UTF8.self), !name.contains("/"), name != ".", name != ".." else {
      return nil
    }
    return home.replacing("%u", with: name)
  }

  /// What is wrong with `name` as the name of a group, in words that follow "the name"; nil if it may be used.
  public static func problem(ofName name: String) -> String? {
    if let problem = UserEntry.problem(ofName: name.utf8) { return problem }
    return name.contains(";") || name.contains(",") ? "contains ';' or ',', which separates names" : nil
  }
}

/// A group that its members share in memory.
public struct SharedGroup: Sendable, Hashable {
  private let shared: Shared<AccountGroup>

  public init(_ group: AccountGroup) { shared = Shared(group) }

  public var group: AccountGroup { shared.value }
}
