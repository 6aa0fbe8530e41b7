// What may be done beneath single directories, as the option `permissions` writes it, and the names of permissions.

import FTPProtocol

/// What a user may do with whatever fits a pattern. Of the rules of an entry, the first that fits counts.
public struct PermissionRule: Sendable, Hashable {
  public let pattern: PathPattern
  public let permissions: AccountPermissions

  public init(pattern: PathPattern, permissions: AccountPermissions) {
    self.pattern = pattern
    self.permissions = permissions
  }

  /// Reads `/PATTERN=list+read`, several with `;` between them; see ``AccountPermissions/init(names:)``.
  ///
  /// - Returns: nil if `text` is something else.
  public static func list(_ text: String) -> [PermissionRule]? {
    var rules: [PermissionRule] = []
    for item in text.split(separator: ";", omittingEmptySubsequences: false) {
      guard let sign = item.lastIndex(of: "="), item.hasPrefix("/"), let pattern = PathPattern(String(item[..<sign])),
        let permissions = AccountPermissions(names: String(item[item.index(after: sign)...]))
      else { return nil }
      rules.append(PermissionRule(pattern: pattern, permissions: permissions))
    }
    return rules
  }
}

extension AccountPermissions {
  /// Each permission with its name, in the order in which they are written.
  public static let named: [(name: String, permission: AccountPermissions)] = [
    ("list", .list), ("read", .read), ("write", .write), ("overwrite", .overwrite), ("append", .append),
    ("rename", .rename), ("delete", .delete), ("mkdir", .makeDirectory), ("rmdir", .removeDirectory),
    ("chmod", .changeMode), ("site", .site), ("site-to-site", .siteToSite),
  ]

  private static let sets: [(name: String, permission: AccountPermissions)] = [
    ("none", []), ("ro", .readOnly), ("rw", .readAndWrite), ("all", .all),
  ]

  /// Reads names with `+` between them, such as `list+read`. `ro`, `rw`, `all` and `none` stand for what they stand for elsewhere.
  ///
  /// - Returns: nil if one of the names is not known.
  public init?(names text: String) {
    var permissions: AccountPermissions = []
    for name in text.split(separator: "+", omittingEmptySubsequences: false) {
      guard let found = (Self.named + Self.sets).first(where: { $0.name == name }) else { return nil }
      permissions.formUnion(found.permission)
    }
    self = permissions
  }

  /// The names with `+` between them: `ro` and `rw` where that is all there is to say.
  public var names: String {
    if let set = Self.sets.first(where: { $0.permission == self }) { return set.name }
    return Self.named.filter { contains($0.permission) }.map(\.name).joined(separator: "+")
  }
}
