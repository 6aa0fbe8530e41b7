// Where a server listens for the data connection: the replies to PASV, LPSV and EPSV.

extension ReceivedReply {
  /// The address in a 227 reply to PASV: the first row of exactly six numbers below 256 with commas between them, wherever
  /// it stands, with parentheses or without (RFC 1123 §4.1.2.6). Blanks beside a comma are passed over.
  ///
  /// A server behind NAT may name an address that nobody outside can reach. Whether to connect there or to the address of the control
  /// connection is the client's decision.
  ///
  /// - Returns: nil for another code, when there is no such row, and for port 0.
  public var passiveAddress: DataAddress? {
    guard code == 227 else { return nil }
    for line in lines {
      for run in ReceivedReply.numberRuns(in: line) where run.count == 6 {
        return try? DataPort.parsePORT(DataAddress.commaSeparated(run))
      }
    }
    return nil
  }

  /// The address in a 228 reply to LPSV (RFC 1639 §3), written like the argument of LPRT, wherever it stands.
  ///
  /// - Returns: nil for another code, when there is no such address, and for families other than IPv4 and IPv6.
  public var longPassiveAddress: DataAddress? {
    guard code == 228 else { return nil }
    for line in lines {
      for run in ReceivedReply.numberRuns(in: line) {
        if let address = try? DataPort.parseLPRT(DataAddress.commaSeparated(run)) { return address }
      }
    }
    return nil
  }

  /// The port in a 229 reply to EPSV: `(<d><d><d>port<d>)`, `<d>` any character from 33 to 126 that is no digit (RFC 2428 §3).
  ///
  /// The address is that of the control connection. What a server puts into the two fields before the port is not looked at. Without
  /// parentheses these fields have to be empty.
  ///
  /// - Returns: nil for another code, when there is no such port, and for port 0.
  public var extendedPassivePort: UInt16? {
    guard code == 229 else { return nil }
    for line in lines {
      if let port = ReceivedReply.portInParentheses(line) ?? ReceivedReply.barePort(line) { return port }
    }
    return nil
  }

  private static func portInParentheses(_ line: [UInt8]) -> UInt16? {
    for start in line.indices where line[start] == 0x28 {
      let rest = line[(start + 1)...]
      guard let delimiter = rest.first, isDelimiter(delimiter) else { continue }
      let fields = rest.split(separator: delimiter, maxSplits: 4, omittingEmptySubsequences: false)
      // Before the first delimiter there is nothing; behind the last one the parenthesis ends it.
      guard fields.count == 5, fields[4].first == 0x29 else { continue }
      if let port = port(fields[3]) { return port }
    }
    return nil
  }

  private static func barePort(_ line: [UInt8]) -> UInt16? {
    guard line.count >= 5 else { return nil }
    for start in 0...(line.count - 5) where isDelimiter(line[start]) {
      let delimiter = line[start]
      guard line[start + 1] == delimiter, line[start + 2] == delimiter else { continue }
      let rest = line[(start + 3)...]
      guard let end = rest.prefix(6).firstIndex(of: delimiter), let port = port(rest[..<end]) else { continue }
      return port
    }
    return nil
  }

  private static func isDelimiter(_ byte: UInt8) -> Bool { 33...126 ~= byte && !(0x30...0x39 ~= byte) }

  private static func port(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard let number = DataPort.number(digits, upTo: 65535), number != 0 else { return nil }
    return UInt16(truncatingIfNeeded: number)
  }

  /// The rows of numbers with commas between them; a row in which one is above 255 is left out.
  private static func numberRuns(in line: [UInt8]) -> [[UInt8]] {
    var runs: [[UInt8]] = []
    var offset = 0
    while let start = line[offset...].firstIndex(where: { 0x30...0x39 ~= $0 }) {
      var run: [UInt8] = []
      var isComplete = true
      var place: Int? = start
      while let number = place {
        let digits = line[number...].prefix { 0x30...0x39 ~= $0 }
        if digits.count <= 3, let value = DataPort.number(digits, upTo: 255) {
          run.append(UInt8(truncatingIfNeeded: value))
        } else {
          isComplete = false
        }
        offset = digits.endIndex
        place = numberBehindComma(line, offset)
      }
      if isComplete { runs.append(run) }
    }
    return runs
  }

  /// Where the digit behind a comma is, if a comma stands at `offset` and a digit follows it.
  private static func numberBehindComma(_ line: [UInt8], _ offset: Int) -> Int? {
    func firstNonBlank(_ start: Int) -> Int? { line[start...].firstIndex { $0 != 0x20 } }
    guard let comma = firstNonBlank(offset), line[comma] == 0x2C, let next = firstNonBlank(comma + 1),
      0x30...0x39 ~= line[next]
    else { return nil }
    return next
  }
}
