// The commands whose arguments have a form, written from values: what the server's side of this module reads.

// Numbers, addresses and times.
extension Command {
  /// PORT h1,h2,h3,h4,p1,p2 (RFC 959 §4.1.2).
  ///
  /// - Returns: nil for an IPv6 address: EPRT is for those.
  public static func port(_ address: DataAddress) -> Command? {
    address.portArgument.map { Command(verb: "PORT", argument: $0) }
  }

  /// EPRT |family|address|port| (RFC 2428 §2).
  public static func extendedPort(_ address: DataAddress) -> Command {
    Command(verb: "EPRT", argument: address.extendedPortArgument)
  }

  /// LPRT family,length,address,2,p1,p2 (RFC 1639 §2).
  public static func longPort(_ address: DataAddress) -> Command {
    Command(verb: "LPRT", argument: address.longPortArgument)
  }

  /// EPSV, alone, with a family, or ALL (RFC 2428 §3, §4).
  public static func extendedPassive(_ passive: DataPort.ExtendedPassive = .any) -> Command {
    switch passive {
    case .any: Command(verb: "EPSV")
    case .family(let family): Command(verb: "EPSV", argument: [0x30 &+ family.rawValue])
    case .all: Command(verb: "EPSV", argument: Array("ALL".utf8))
    }
  }

  /// TYPE (RFC 959 §4.1.2).
  public static func type(_ type: RepresentationType) -> Command { Command(verb: "TYPE", argument: type.argument) }

  /// REST to a byte of the file, in MODE S (RFC 3659 §5).
  public static func restart(at offset: UInt64) -> Command { Command(verb: "REST", argument: decimal(offset)) }

  /// REST to a marker that a 110 reply told, in MODE B or C (RFC 959 §3.5).
  public static func restart(atMarker marker: [UInt8]) -> Command { Command(verb: "REST", argument: marker) }

  /// RANG: the octets for the next HASH, RETR or STOR, both counted from 0 and both included; nil is the whole file
  /// (draft-bryan-ftp-range).
  public static func range(_ octets: ClosedRange<UInt64>?) -> Command {
    guard let octets else { return Command(verb: "RANG", argument: Array("1 0".utf8)) }
    return Command(verb: "RANG", argument: decimal(octets.lowerBound) + [0x20] + decimal(octets.upperBound))
  }

  /// ALLO: room for a file of so many bytes (RFC 959 §4.1.3).
  ///
  /// - Parameter recordSize: bytes of the longest record, with STRU R.
  public static func allocate(_ byteCount: UInt64, recordSize: UInt64? = nil) -> Command {
    var argument = decimal(byteCount)
    if let recordSize { argument += Array(" R ".utf8) + decimal(recordSize) }
    return Command(verb: "ALLO", argument: argument)
  }

  /// MFMT: a new modification time, UTC, whole seconds (draft-somers-ftp-mfxx).
  ///
  /// - Parameter seconds: since 1970.
  public static func modificationTime(_ seconds: Int64, pathname: [UInt8]) -> Command {
    Command(verb: "MFMT", argument: TimeStamp.format(seconds) + [0x20] + pathname)
  }

  private static func decimal(_ number: UInt64) -> [UInt8] {
    var digits: [UInt8] = []
    digits.append(decimal: number)
    return digits
  }
}

// Choices and names.
extension Command {
  /// OPTS MLST: the facts MLSD and MLST are to give (RFC 3659 §7.9).
  public static func machineFacts(_ facts: FactSet) -> Command {
    var argument = Array("MLST".utf8)
    if !facts.isEmpty { argument += [0x20] + facts.names }
    return Command(verb: "OPTS", argument: argument)
  }

  /// LIST or NLST with options of `ls` and a path. A path that begins with `-` is written as `./-…`, or the server would take it for
  /// options.
  public static func list(_ verb: Verb, _ arguments: ListArguments) -> Command {
    var argument: [UInt8] = []
    let letters = arguments.options.letters
    if !letters.isEmpty { argument = [0x2D] + letters }
    if let path = arguments.path {
      if !argument.isEmpty { argument.append(0x20) }
      if path.first == 0x2D { argument += [0x2E, 0x2F] }
      argument += path
    }
    return Command(verb: verb, argument: argument)
  }

  /// XCRC, XMD5, XSHA1…: the name in quotes, then, for a part of the file, the first octet and the one after the last.
  public static func digest(_ verb: Verb, pathname: [UInt8], octets: Range<UInt64>? = nil) -> Command {
    var argument: [UInt8] = [0x22]
    for byte in pathname {
      if byte == 0x22 { argument.append(byte) }
      argument.append(byte)
    }
    argument.append(0x22)
    if let octets { argument += [0x20] + decimal(octets.lowerBound) + [0x20] + decimal(octets.upperBound) }
    return Command(verb: verb, argument: argument)
  }
}

extension DataAddress {
  /// `h1,h2,h3,h4,p1,p2`; nil for IPv6.
  public var portArgument: [UInt8]? {
    guard family == .ipv4, octets.count == 4 else { return nil }
    return DataAddress.commaSeparated(octets + portBytes)
  }

  /// `|1|192.0.2.1|50001|` or `|2|2001:db8::1|50001|`.
  public var extendedPortArgument: [UInt8] {
    var text: [UInt8] = [0x7C, 0x30 &+ family.rawValue, 0x7C]
    text += AddressText.text(of: octets)
    text.append(0x7C)
    text.append(decimal: UInt64(port))
    text.append(0x7C)
    return text
  }

  /// `4,4,192,0,2,1,2,195,81`, or `6,16,…` for IPv6.
  public var longPortArgument: [UInt8] {
    let number: UInt8 = family == .ipv4 ? 4 : 6
    return DataAddress.commaSeparated([number, UInt8(truncatingIfNeeded: octets.count)] + octets + [2] + portBytes)
  }

  private var portBytes: [UInt8] { [UInt8(port >> 8), UInt8(port & 0xFF)] }

  /// `192,0,2,1,195,81`
  static func commaSeparated(_ numbers: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for number in numbers {
      if !text.isEmpty { text.append(0x2C) }
      text.append(decimal: UInt64(number))
    }
    return text
  }
}
