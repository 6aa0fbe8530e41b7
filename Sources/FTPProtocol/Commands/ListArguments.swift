// Takes the argument of LIST, NLST and STAT apart into `ls` options and one path.

/// What clients write after LIST and NLST: options that RFC 959 does not know and all clients use, then a path.
///
/// Options come first; the rest of the line is one path, blanks included. `--` ends the options. A path that looks like an
/// option is reached as `./-l` or `-- -l`.
public struct ListArguments: Sendable, Hashable {
  public struct Options: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `a`: `.` and `..` too. Other names that begin with a period are always shown.
    public static let all = Options(rawValue: 1 << 0)
    /// `l`: the long form.
    public static let long = Options(rawValue: 1 << 1)
    /// `R`: directories beneath too.
    public static let recursive = Options(rawValue: 1 << 2)
    /// `1`: one name a line.
    public static let onePerLine = Options(rawValue: 1 << 3)
    /// `t`: newest first.
    public static let byTime = Options(rawValue: 1 << 4)
    /// `r`: the order turned round.
    public static let reversed = Options(rawValue: 1 << 5)

    /// The letters, as they stand behind a `-`.
    var letters: [UInt8] {
      Array("alR1tr".utf8).filter { !isDisjoint(with: Options(letter: $0)) }
    }

    /// The option of a letter; none for a letter that is not known.
    fileprivate init(letter: UInt8) {
      switch letter {
      case UInt8(ascii: "a"): self = .all
      case UInt8(ascii: "l"): self = .long
      case UInt8(ascii: "R"): self = .recursive
      case UInt8(ascii: "1"): self = .onePerLine
      case UInt8(ascii: "t"): self = .byTime
      case UInt8(ascii: "r"): self = .reversed
      default: self = []
      }
    }
  }

  public let options: Options
  /// The path as the client wrote it; nil if there is none.
  public let path: [UInt8]?

  /// Arguments as a client puts them together; ``Command/list(_:_:)`` writes them.
  public init(options: Options = [], path: [UInt8]? = nil) {
    self.options = options
    self.path = path
  }

  /// Reads an argument; there are no wrong ones.
  public static func parse(_ argument: [UInt8]) -> ListArguments {
    var options: Options = []
    var rest = argument[...]
    while rest.first == 0x2D, rest.count > 1 {
      let end = rest.firstIndex(of: 0x20) ?? rest.endIndex
      let word = rest[..<end].dropFirst()
      rest = rest[end...].dropFirst()
      if word.elementsEqual([0x2D]) { break }
      for letter in word { options.formUnion(Options(letter: letter)) }
    }
    return ListArguments(options: options, path: rest.isEmpty ? nil : Array(rest))
  }
}
