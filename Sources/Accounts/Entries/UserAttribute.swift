// The key=value options an entry of the user table may carry: every key once, with what its value must look like and what it becomes.

import LinuxSystem

/// One option of a user table's entry, beside `ro` and `rw`.
public struct UserAttribute: Sendable {
  /// As it is written, for example `account`.
  public let key: String
  /// What a value must look like; follows "expected".
  public let expected: String
  /// What the option does, one sentence.
  public let meaning: String
  /// Whether a value is as good as a password: it is never shown, in messages neither.
  public internal(set) var isSecret = false
  /// Whether only a group can have it.
  public internal(set) var isForGroups = false
  /// What a value may look like where there is more than text, as in YAML.
  public internal(set) var form = Form.text
  /// Puts a value where it belongs; false, with nothing changed, if it cannot be one.
  let read: @Sendable (String, inout AccountOptions) -> Bool

  /// The parts a value is made of.
  public enum Form: Sendable, Equatable {
    /// One text.
    case text
    /// One text that may have several lines.
    case paragraph
    /// Texts with `;` between them.
    case list
    /// Rules about paths, `/PATTERN=A+B;…`: their order counts.
    case rules
    /// Names with what they stand for, `NAME=VALUE;…`.
    case pairs(Details)

    /// What the value of a pair may consist of.
    public enum Details: Sendable {
      case none
      /// `/PATH`, or `/PATH=ro`.
      case directory
      /// `SIZE`, or `SIZE/FILES`; a `=` in front of it is the last one.
      case quota
    }
  }

  /// Every option that is understood, in alphabetical order. A value holds no comma and no colon: those separate fields.
  ///
  /// An option that is not obeyed must not look as if it were, so a key that is not here is an error.
  public static let all: [UserAttribute] = (general + logins + files + limits).sorted { $0.key < $1.key }

  /// Those that an entry of a user may carry.
  public static let ofUsers = all.filter { !$0.isForGroups }

  private static let general: [UserAttribute] = [
    UserAttribute(
      key: "account", expected: "account=TEXT, what the user has to send in ACCT",
      meaning: "The login is complete only after ACCT with this text (RFC 959, section 4.1.1).", isSecret: true,
      read: { store($0.isEmpty ? nil : Array($0.utf8), in: &$1.accountText) }),
    UserAttribute(
      key: "admin", expected: "admin=yes or admin=no",
      meaning: "The user may see who else is logged in (SITE WHO).",
      read: { text, options in
        guard text == "yes" || text == "no" else { return false }
        options.isAdministrator = text == "yes"
        return true
      }),
    UserAttribute(
      key: "certificate",
      expected: "names of client certificates or SHA-256 fingerprints (64 hex digits), with ; between them",
      meaning: "A client that proves to hold one of these certificates logs in without a password.",
      form: .list,
      read: { store(CertificateRule($0), in: &$1.certificates) }),
    UserAttribute(
      key: "charset", expected: "charset=NAME, one of iconv --list that contains ASCII, such as ISO-8859-1 or CP932",
      meaning: "The character set of an old client: names are converted between it and UTF-8, without loss.",
      read: { store(Charset.isUsable($0) ? $0 : nil, in: &$1.charset) }),
    UserAttribute(
      key: "default-type", expected: "default-type=A or default-type=I",
      meaning: "The transfer type until the client sends TYPE, for devices that never do.",
      read: { store(AccountOptions.TransferType(rawValue: $0), in: &$1.defaultType) }),
    UserAttribute(
      key: "mounts", expected: "mounts=NAME=/PATH, several separated by semicolons",
      meaning: "Further trees of the user, which SMNT changes to (RFC 959, section 4.1.1).",
      form: .pairs(.none),
      read: { text, options in
        guard let points = MountPoint.list(text) else { return false }
        options.mounts = points
        return true
      }),
    UserAttribute(
      key: "recfm", expected: "lines or prefixed",
      meaning: "How the records of STRU R stand on disk unless SITE RECFM says otherwise.",
      read: { store(AccountOptions.RecordForm(rawValue: $0), in: &$1.recordForm) }),
    UserAttribute(
      key: "site-to-site", expected: "site-to-site=yes or site-to-site=no",
      meaning: "Whether the user may transfer files between this server and another (`transfer.site-to-site`).",
      read: { store(["yes": true, "no": false][$0], in: &$1.isSiteToSiteAllowed) }),
    UserAttribute(
      key: "tls", expected: "required, required-login or required-data",
      meaning: "How much TLS this user needs, if more than `tls.mode` asks; `required` is `required-data`.",
      read: { store(AccountOptions.TLSDemand($0), in: &$1.tlsDemand) }),
    UserAttribute(
      key: "totp", expected: "a secret in base32, 26 characters or more",
      meaning: "The password alone is not enough: a one-time password (RFC 6238) is asked for too.", isSecret: true,
      read: { text, options in
        guard let secret = Base32.decode(text), secret.count >= 16 else { return false }
        return store(secret, in: &options.oneTimeSecret)
      }),
    UserAttribute(
      key: "uploads", expected: "uploads=atomic or uploads=direct",
      meaning: "Whether a file has its old contents until an upload is whole, or grows while it comes.",
      read: { store(AccountOptions.UploadMode(rawValue: $0), in: &$1.uploadMode) }),
  ]

  /// Keeps a value that could be read.
  static func store<Value>(_ value: Value?, in field: inout Value?) -> Bool {
    guard let value else { return false }
    field = value
    return true
  }

  /// Whether `text` can be the value.
  func accepts(_ text: String) -> Bool {
    var options = AccountOptions()
    return read(text, &options)
  }

  static let byKey: [String: UserAttribute] = Dictionary(all.map { ($0.key, $0) }) { first, _ in first }
}
