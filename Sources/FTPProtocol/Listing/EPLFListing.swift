// Reads lines of LIST in D. J. Bernstein's "easily parsed LIST format".

/// `+i8388621.48594,m825718503,r,s280,<TAB>name`: facts that each end in a comma, a tab, the name (https://cr.yp.to/ftp/list/eplf.html).
enum EPLFListing {
  /// Reads a line.
  ///
  /// - Returns: nil if the line has another form.
  static func entry(_ line: ArraySlice<UInt8>) -> ListedEntry? {
    guard line.first == 0x2B, let tab = line.firstIndex(of: 0x09), tab + 1 < line.endIndex else { return nil }
    var entry = ListedEntry(name: Array(line[(tab + 1)...]), kind: .unknown)
    for fact in line[(line.startIndex + 1)..<tab].split(separator: 0x2C) {
      let value = fact.dropFirst()
      switch fact.first {
      case UInt8(ascii: "/") where value.isEmpty: entry.kind = .directory
      case UInt8(ascii: "r") where value.isEmpty: entry.kind = .file
      case UInt8(ascii: "s"): entry.size = DecimalNumber.read(value)
      case UInt8(ascii: "m"):
        guard let seconds = DecimalNumber.read(value).flatMap({ Int64(exactly: $0) }) else { continue }
        entry.modified = ListedTime(seconds: seconds, precision: .second)
      case UInt8(ascii: "i"): entry.unique = Array(value)
      case UInt8(ascii: "u") where value.first == UInt8(ascii: "p"): entry.mode = UnixMode.octal(value.dropFirst())
      default: continue
      }
    }
    return entry
  }
}
