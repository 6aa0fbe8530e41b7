// Reads the argument of MFF: facts with their new values, and the name of what gets them.

/// `MFF Modify=20240101120000;UNIX.mode=0644; name` (draft-somers-ftp-mfxx, section 5).
public struct ModifyFacts: Sendable, Hashable {
  public enum ParseError: Error, Sendable, Hashable {
    /// No facts, no name, or a fact without `=` and `;`.
    case syntax
    /// A value that does not fit its fact; its name.
    case value(String)
    /// A fact that cannot be changed here; its name as it came.
    case unknown([UInt8])
  }

  /// Seconds since 1970 (UTC) and nanoseconds.
  public struct Time: Sendable, Hashable {
    public let seconds: Int64
    public let nanoseconds: UInt32
  }

  public private(set) var modified: Time?
  /// The nine permission bits.
  public private(set) var mode: UInt32?
  /// A number or a name.
  public private(set) var group: [UInt8]?
  public private(set) var pathname: [UInt8] = []
  /// The facts in the order they came, as the reply repeats them: name, `=`, value, `;` each.
  public private(set) var accepted: [UInt8] = []

  /// Reads an argument. The name begins after the first blank that follows the last `;`; the facts hold none.
  public static func parse(_ argument: [UInt8]) throws(ParseError) -> ModifyFacts {
    guard let blank = argument.firstIndex(of: 0x20), blank > 0, blank + 1 < argument.count else { throw .syntax }
    let list = argument[..<blank]
    guard list.last == 0x3B else { throw .syntax }
    var facts = ModifyFacts()
    for item in list.dropLast().split(separator: 0x3B, omittingEmptySubsequences: false) {
      guard let equals = item.firstIndex(of: 0x3D), equals > item.startIndex else { throw .syntax }
      try facts.take(item[..<equals], Array(item[(equals + 1)...]))
    }
    facts.pathname = Array(argument[(blank + 1)...])
    return facts
  }

  private mutating func take(_ name: ArraySlice<UInt8>, _ value: [UInt8]) throws(ParseError) {
    let spelled: String
    switch String(decoding: name, as: UTF8.self).lowercased() {
    case "modify":
      spelled = "Modify"
      guard modified == nil, let time = TimeStamp.parse(value) else { throw .value(spelled) }
      modified = Time(seconds: time.seconds, nanoseconds: time.nanoseconds)
    case "unix.mode":
      spelled = "UNIX.mode"
      guard mode == nil, let bits = Self.octal(value) else { throw .value(spelled) }
      mode = bits
    case "unix.group":
      spelled = "UNIX.group"
      guard group == nil, !value.isEmpty else { throw .value(spelled) }
      group = value
    default: throw .unknown(Array(name))
    }
    accepted += Array("\(spelled)=".utf8) + value + [0x3B]
  }

  /// The nine permission bits; set-uid, set-gid and sticky bits are none of a client's.
  private static func octal(_ digits: [UInt8]) -> UInt32? {
    guard (1...5).contains(digits.count), digits.allSatisfy({ 0x30...0x37 ~= $0 }) else { return nil }
    let value = digits.reduce(UInt32(0)) { $0 &* 8 &+ UInt32($1 &- 0x30) }
    return value <= 0o777 ? value : nil
  }
}
