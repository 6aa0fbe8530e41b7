// The kinds of crypt(5) hashes: makes new hashes, names weak ones, and recognises text that is not a hash.

/// Password hashes as crypt(5) writes them.
public enum PasswordHash {
  /// The kinds of hashes libxcrypt may verify. The raw value is the name to show.
  public enum Kind: String, Sendable, CaseIterable {
    case yescrypt
    case gostYescrypt = "gost-yescrypt"
    case scrypt
    case bcrypt
    case sha512crypt = "sha512-crypt"
    case sha256crypt = "sha256-crypt"
    case sha1crypt = "sha1-crypt"
    case sunMD5 = "sun-md5"
    case md5crypt = "md5-crypt"
    case ntHash = "nt-hash"
    case bsdicrypt = "bsdi-des"
    case descrypt = "des"

    /// The kind new passwords get.
    public static let preferred = Kind.yescrypt

    /// What hashes of this kind begin with; DES hashes have no prefix.
    public var prefix: String {
      switch self {
      case .yescrypt: "$y$"
      case .gostYescrypt: "$gy$"
      case .scrypt: "$7$"
      case .bcrypt: "$2b$"
      case .sha512crypt: "$6$"
      case .sha256crypt: "$5$"
      case .sha1crypt: "$sha1"
      case .sunMD5: "$md5"
      case .md5crypt: "$1$"
      case .ntHash: "$3$"
      case .bsdicrypt: "_"
      case .descrypt: ""
      }
    }

    /// Number of characters at the end of a hash that are the digest (with bcrypt, the last part of its salt too).
    fileprivate var digestLength: Int {
      switch self {
      case .yescrypt, .gostYescrypt, .scrypt, .sha256crypt: 43
      case .bcrypt: 53
      case .sha512crypt: 86
      case .sha1crypt: 28
      case .sunMD5, .md5crypt: 22
      case .ntHash: 32
      case .bsdicrypt: 19
      case .descrypt: 13
      }
    }
  }

  /// Why a password could not be hashed.
  public enum MakeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is nothing to hash.
    case empty
    /// The password has more than this many bytes.
    case tooLong(limit: Int)
    /// The password contains NUL, CR or LF, which no FTP client can send in PASS.
    case unusableByte
    /// This system's crypt(3) does not make hashes of this kind.
    case unsupported(Kind)

    public var description: String {
      switch self {
      case .empty: "the password is empty: type one"
      case .tooLong(let limit): "the password is longer than \(limit) bytes: choose a shorter one"
      case .unusableByte: "the password contains a NUL, CR or LF, which no FTP client can send: choose another"
      case .unsupported(let kind): "this system's crypt(3) does not make \(kind.rawValue) hashes"
      }
    }
  }

  /// Longest password in bytes: the limit of crypt(3).
  public static let passwordLimit = Crypt.passwordLimit

  /// Hashes a new password with a random salt at the system's default cost. Blocks for as long as that takes.
  public static func make(_ password: [UInt8], kind: Kind = .preferred) throws(MakeError) -> String {
    if password.isEmpty { throw .empty }
    if password.count > passwordLimit { throw .tooLong(limit: passwordLimit) }
    if password.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) { throw .unusableByte }
    guard let setting = Crypt.makeSetting(prefix: kind.prefix), let hash = Crypt.hash(password, setting: setting) else {
      throw .unsupported(kind)
    }
    return hash
  }

  /// The kind of `hash`, judged by how it begins; nil if it is none of the known kinds.
  public static func kind(of hash: String) -> Kind? {
    if ["$2a$", "$2b$", "$2x$", "$2y$"].contains(where: hash.hasPrefix) { return .bcrypt }
    for kind in Kind.allCases where !kind.prefix.isEmpty && hash.hasPrefix(kind.prefix) { return kind }
    return hash.utf8.count == Kind.descrypt.digestLength && hash.utf8.allSatisfy(isDigit) ? .descrypt : nil
  }

  /// True if a password is compared with `hash` in a few microseconds: less than handing it to another thread takes.
  static func isQuick(_ hash: String) -> Bool {
    switch kind(of: hash) {
    case .ntHash, .descrypt: true
    default: false
    }
  }

  /// True if `hash` is one that no password can match because someone locked it: empty, `*…` or `!…`.
  public static func isLocked(_ hash: String) -> Bool {
    guard let first = hash.utf8.first else { return true }
    return first == UInt8(ascii: "*") || first == UInt8(ascii: "!")
  }

  /// True if this system's crypt(3) can tell whether a password belongs to `hash`.
  public static func isVerifiable(_ hash: String) -> Bool { !isLocked(hash) && problem(of: hash) == nil }

  /// Why `hash` can never be verified here, in words that follow "the password field" and never repeat it; nil if it
  /// can. Nothing is hashed, so this is cheap.
  public static func problem(of hash: String) -> String? {
    if isLocked(hash) { return hash.isEmpty ? "is empty" : "is locked" }
    if hash == "x" { return "says that the hash is in a shadow file" }
    guard hash.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
      return "contains characters that no hash contains"
    }
    if hash.hasPrefix("{") { return "is an LDAP or database hash, which crypt(3) does not verify" }
    if hash.hasPrefix("$argon2") { return "is an argon2 hash, which this system's crypt(3) does not verify" }
    guard let kind = kind(of: hash) else {
      guard hash.hasPrefix("$") else { return "is not a hash (a password in clear text?)" }
      return Crypt.knows(hash) ? nil : "is of a kind this system's crypt(3) does not know"
    }
    guard Crypt.knows(hash) else { return "is a \(kind.rawValue) hash this system's crypt(3) does not accept" }
    let digest = hash.utf8.suffix(kind.digestLength)
    let before = hash.utf8.dropLast(kind.digestLength)
    // The two old kinds have no separator: only their prefix may come before the digest.
    let isUnseparated = kind == .bsdicrypt || kind == .descrypt
    let separated =
      isUnseparated ? before.count == kind.prefix.utf8.count : before.last == UInt8(ascii: "$")
    guard digest.count == kind.digestLength, digest.allSatisfy(isDigit), separated else {
      return "is a damaged \(kind.rawValue) hash (cut short?)"
    }
    return nil
  }

  /// A warning that says why `hash` is too easy to guess; nil if it is not.
  public static func weakness(of hash: String) -> String? {
    if isLocked(hash) { return nil }
    let advice = "set a new password with `weftpd user password`"
    switch kind(of: hash) {
    case .descrypt: return "weak hash kind des: only the first 8 characters of the password count; \(advice)"
    case .bsdicrypt, .md5crypt, .sunMD5, .sha1crypt:
      return "weak hash kind \(kind(of: hash)?.rawValue ?? ""): quickly guessed on today's machines; \(advice)"
    case .ntHash: return "weak hash kind nt-hash: unsalted, guessed at once; \(advice)"
    case .bcrypt:
      guard let cost = Int(hash.dropFirst(4).prefix(2)), cost < 10 else { return nil }
      return "weak bcrypt cost \(cost): less than 10 is quickly guessed; \(advice)"
    case .sha512crypt, .sha256crypt:
      guard hash.dropFirst(3).hasPrefix("rounds="), let rounds = Int(hash.dropFirst(10).prefix { $0 != "$" }),
        rounds < 5000
      else { return nil }
      return "weak \(kind(of: hash)?.rawValue ?? "") cost: \(rounds) rounds are quickly guessed; \(advice)"
    case .yescrypt, .gostYescrypt, .scrypt, nil: return nil
    }
  }

  /// True for the 64 digits hashes are written with.
  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "/"), 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
