// Who a session acts for once its login has succeeded: a name, a home directory and what may be done there.

/// The account a session is logged in to. A value: a session keeps its own copy, so a later edit of the user table
/// never changes a session that is already running.
public struct Account: Sendable, Hashable {
  /// The name as the client sent it, compared byte for byte: no case folding, no Unicode equivalence.
  public let name: [UInt8]
  /// Absolute path on the host of the directory that becomes the account's `/`.
  public let home: String
  /// What may be done there.
  public let permissions: AccountPermissions
  /// What no rule about a path can grant more than: where everything is read-only, it stays so.
  public let ceiling: AccountPermissions
  /// True for the anonymous login, which no password protects.
  public let isAnonymous: Bool
  /// The groups the user belongs to, the first is the strongest.
  public let groups: [SharedGroup]
  /// Shared with the entry: every session has an account, and most users have no options.
  private let sharedOptions: Shared<AccountOptions>?

  /// The options of the user's entry.
  public var options: AccountOptions { sharedOptions?.value ?? AccountOptions() }

  /// ``AccountOptions/tlsDemand`` of the options, which is asked for at each command.
  public var tlsDemand: AccountOptions.TLSDemand? { sharedOptions?.value.tlsDemand }

  /// Makes an account of no table.
  public init(
    name: [UInt8], home: String, permissions: AccountPermissions, isAnonymous: Bool = false,
    options: AccountOptions = AccountOptions()
  ) {
    self.name = name
    self.home = home
    self.permissions = permissions
    ceiling = .all
    self.isAnonymous = isAnonymous
    groups = []
    sharedOptions = options.isEmpty ? nil : Shared(options)
  }

  /// The account of an entry, with those of its permissions that are in `permissions`.
  public init(_ entry: UserEntry, within permissions: AccountPermissions) {
    name = entry.name
    home = entry.home
    let further: AccountPermissions = entry.options.isSiteToSiteAllowed == true ? .siteToSite : []
    self.permissions = entry.permissions.union(further).intersection(permissions)
    ceiling = permissions
    isAnonymous = false
    groups = entry.groups
    sharedOptions = entry.sharedOptions
  }

  /// The names clients use to log in without a password (RFC 1635), in lower case. The user table may not contain them.
  public static let anonymousNames = ["anonymous", "ftp"]

  /// True if `name` asks for the anonymous login: `anonymous` or `ftp`, in any ASCII case.
  public static func isAnonymousName(_ name: [UInt8]) -> Bool {
    guard name.count <= 9 else { return false }  // none of them is longer
    let lower = name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return anonymousNames.contains { $0.utf8.elementsEqual(lower) }
  }
}

extension Account {
  /// `bytes` as text that is safe to print: valid UTF-8 as it is, and every control, formatting (such as the marks that
  /// reverse the direction of text) or undecodable byte as `\xNN`.
  public static func display(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) { return String(decoding: bytes, as: UTF8.self) }
    var shown = ""
    guard let text = String(validating: bytes, as: UTF8.self) else {
      for byte in bytes {
        shown += (0x20..<0x7F).contains(byte) ? String(Unicode.Scalar(byte)) : hex(byte)
      }
      return shown
    }
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        for byte in String(scalar).utf8 { shown += hex(byte) }
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
  }
}
