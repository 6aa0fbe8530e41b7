// What an account's entry says besides name, password, home and permissions, as typed values: read from text once, then only used.

import FTPProtocol
import LinuxSystem

/// The options of an account. ``UserAttribute/all`` is the list of keys, each with what its value becomes here.
public struct AccountOptions: Sendable, Hashable {
  /// What the user has to send in ACCT after the right password (RFC 959, section 4.1.1); nil: no ACCT is needed. A secret.
  public internal(set) var accountText: [UInt8]?
  /// Whether the user may see who else is logged in.
  public internal(set) var isAdministrator = false
  /// The client certificates that log in as this user without a password; nil: none does.
  public internal(set) var certificates: CertificateRule?
  /// The character set of the user's client, by a name that iconv(3) knows; nil: UTF-8.
  public internal(set) var charset: String?
  /// The transfer type until the client sends TYPE; nil: as the server's settings say.
  public internal(set) var defaultType: TransferType?
  /// The trees that SMNT changes to, beside the home.
  public internal(set) var mounts: [MountPoint] = []
  /// How the records of STRU R stand on disk; nil: as lines.
  public internal(set) var recordForm: RecordForm?
  /// Whether the user may transfer files between this server and another; nil: as the server's settings say.
  public internal(set) var isSiteToSiteAllowed: Bool?
  /// How much TLS this user needs; nil: as much as the server's settings ask.
  public internal(set) var tlsDemand: TLSDemand?
  /// How uploads take their names; nil: as the server's settings say.
  public internal(set) var uploadMode: UploadMode?
  /// The secret that one-time passwords are computed from (RFC 6238), 16 bytes or more; nil: the password is enough.
  public internal(set) var oneTimeSecret: [UInt8]?

  // Who may log in, and when.

  /// Whether the user may log in at all.
  public internal(set) var isEnabled = true
  /// When the account ends, in seconds since 1970-01-01 00:00:00 UTC; nil: never.
  public internal(set) var expiry: Int64?
  /// Where the user's clients must come from; empty: from anywhere.
  public internal(set) var peers: [IPNetwork] = []
  /// When the user may log in; nil: at all hours.
  public internal(set) var hours: WeekHours?

  // Files.

  /// What may be done beneath single directories; the first rule that fits counts.
  public internal(set) var permissionRules: [PermissionRule] = []
  /// What looks as if it were not there.
  public internal(set) var hidden: [PathPattern] = []
  /// What is seen, and nothing else may be done with it.
  public internal(set) var denied: [PathPattern] = []
  /// Further trees that are seen beneath `/`.
  public internal(set) var directories: [VirtualDirectory] = []
  /// The permission bits that new files and directories do not get; nil: as the server's settings say.
  public internal(set) var umask: UInt32?
  /// What the reply to a login says besides; nil: nothing.
  public internal(set) var welcome: String?

  // Limits. nil: as the server's settings say, or none.

  /// Sessions of the user at once.
  public internal(set) var sessions: Int?
  /// Sessions of the user at once from one address.
  public internal(set) var sessionsPerAddress: Int?
  /// Transfers of the user at once.
  public internal(set) var transfers: Int?
  /// What all sessions of the user together may receive and send.
  public internal(set) var downloadRate: ByteRate?
  public internal(set) var uploadRate: ByteRate?
  /// The same for each single session.
  public internal(set) var sessionDownloadRate: ByteRate?
  public internal(set) var sessionUploadRate: ByteRate?
  /// Bytes of all files of the user.
  public internal(set) var quota: UInt64?
  /// How many files the user may have.
  public internal(set) var quotaFiles: UInt64?
  /// The same for single directories.
  public internal(set) var directoryQuotas: [DirectoryQuota] = []
  /// Bytes of transfers in one day and in one month.
  public internal(set) var downloadPerDay: UInt64?
  public internal(set) var downloadPerMonth: UInt64?
  public internal(set) var uploadPerDay: UInt64?
  public internal(set) var uploadPerMonth: UInt64?

  // What the members of a group share. Only groups have these.

  /// Sessions of all members at once.
  public internal(set) var groupSessions: Int?
  /// What all sessions of all members together may receive and send.
  public internal(set) var groupDownloadRate: ByteRate?
  public internal(set) var groupUploadRate: ByteRate?

  /// The options as they are written, by key: what an editor writes back.
  public private(set) var texts: [String: String] = [:]

  /// No options.
  public init() {}

  /// True if there is none.
  public var isEmpty: Bool { texts.isEmpty }

  /// The options of an account that may leave new files in one directory, and do nothing else there.
  public init(dropBox directory: VirtualPath) {
    guard let pattern = PathPattern(literally: directory) else { return }
    permissionRules = [PermissionRule(pattern: pattern, permissions: .write)]
    texts["permissions"] = "\(pattern.text)=write"
  }

  /// Reads options from their texts, by key, as `["charset": "CP932"]`.
  /// - Throws: the option that is not known, or whose value cannot be.
  public init(_ texts: [String: String]) throws(AccountOptionError) {
    for (key, text) in texts { try set(key, to: text) }
  }

  /// Sets the option `key` from its text.
  mutating func set(_ key: String, to text: String) throws(AccountOptionError) {
    guard let attribute = UserAttribute.byKey[key] else { throw .unknownKey(key) }
    guard attribute.read(text, &self) else { throw .badValue(attribute) }
    texts[key] = text
  }

  /// The same options without `key`.
  func without(_ key: String) -> AccountOptions {
    var rest = AccountOptions()
    // They have been read before, so they can be read again.
    for (other, text) in texts where other != key { try? rest.set(other, to: text) }
    return rest
  }

  /// The same options, and those of `others` whose keys are not among these; what a group shares is not handed on.
  func inheriting(_ others: AccountOptions) -> AccountOptions {
    var all = self
    for (key, text) in others.texts where texts[key] == nil && UserAttribute.byKey[key]?.isForGroups != true {
      try? all.set(key, to: text)
    }
    return all
  }

  /// The options as they are written, in the order of their keys, for people to read: secrets are left out.
  public var shown: [(key: String, value: String)] {
    texts.sorted { $0.key < $1.key }.map { key, text in
      (key, UserAttribute.byKey[key]?.isSecret == true ? "********" : text)
    }
  }
}

extension AccountOptions {
  /// A transfer type that can stand without TYPE (RFC 959, section 3.1.1).
  public enum TransferType: String, Sendable {
    case ascii = "A"
    case image = "I"
  }

  /// How uploads take their names.
  public enum UploadMode: String, Sendable {
    /// When they are whole.
    case atomic
    /// At once: they grow under their names.
    case direct
  }

  /// How the records of STRU R stand on disk.
  public enum RecordForm: String, Sendable {
    /// An LF behind every record.
    case lines
    /// The length in front of every record.
    case prefixed
  }

  /// What has to be under TLS, at the least.
  public enum TLSDemand: Sendable {
    /// The control connection, before the password is sent.
    case login
    /// The data connections, too.
    case data

    /// Reads the value of the option `tls`.
    init?(_ text: String) {
      switch text {
      case "required-login": self = .login
      case "required", "required-data": self = .data
      default: return nil
      }
    }
  }
}

/// What is wrong with the text of an option.
public enum AccountOptionError: Error, Sendable {
  case unknownKey(String)
  /// The option's value cannot be; ``UserAttribute/expected`` tells what it should be.
  case badValue(UserAttribute)
}
