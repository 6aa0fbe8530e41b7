// The replies whose text clients take apart: their wording is part of the protocol, whatever the RFC says.

extension Reply {
  /// `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2).` No digit, comma or parenthesis stands before the address: clients look for
  /// six numbers wherever they are (RFC 1123 §4.1.2.6).
  public static func passive(address: (UInt8, UInt8, UInt8, UInt8), port: UInt16) -> Reply {
    var text: [UInt8] = []
    text.reserveCapacity(52)
    text.append("Entering Passive Mode (")
    for octet in [address.0, address.1, address.2, address.3] {
      text.append(decimal: UInt64(octet))
      text.append(0x2C)
    }
    text.append(decimal: UInt64(port >> 8))
    text.append(0x2C)
    text.append(decimal: UInt64(port & 0xFF))
    text.append(").")
    return Reply(227, bytes: text)
  }

  /// `229 Entering Extended Passive Mode (|||port|)` (RFC 2428 §3). Without a final period: some middle boxes choke on it.
  public static func extendedPassive(port: UInt16) -> Reply {
    var text: [UInt8] = []
    text.append("Entering Extended Passive Mode (|||")
    text.append(decimal: UInt64(port))
    text.append("|)")
    return Reply(229, bytes: text)
  }

  /// `228 Entering Long Passive Mode (family,length,address…,2,p1,p2)` (RFC 1639 §3).
  public static func longPassive(octets: [UInt8], port: UInt16) -> Reply {
    var text: [UInt8] = []
    text.append("Entering Long Passive Mode (")
    text.append(octets.count == 4 ? "4,4," : "6,16,")
    for octet in octets {
      text.append(decimal: UInt64(octet))
      text.append(0x2C)
    }
    text.append("2,")
    text.append(decimal: UInt64(port >> 8))
    text.append(0x2C)
    text.append(decimal: UInt64(port & 0xFF))
    text.append(")")
    return Reply(228, bytes: text)
  }

  /// `257 "path" note`: the path in double quotes, a quote within it doubled (RFC 959, appendix II).
  public static func path(_ code: UInt16, _ path: [UInt8], _ note: StaticString) -> Reply {
    var text: [UInt8] = []
    text.reserveCapacity(path.count + note.utf8CodeUnitCount + 3)
    text.append(0x22)
    for byte in path {
      if byte == 0x22 { text.append(byte) }
      text.append(byte)
    }
    text.append(0x22)
    if note.utf8CodeUnitCount > 0 {
      text.append(0x20)
      text.append(note)
    }
    return Reply(code, bytes: text)
  }

  /// `150 Opening BINARY mode data connection for name (N bytes).`
  ///
  /// Clients read the size for their progress display. It is left out in type A, where the bytes sent are not the file's, and if
  /// `byteCount` is nil. A name that itself reads like a size is not repeated.
  public static func opening(name: [UInt8], byteCount: UInt64?, type: RepresentationType) -> Reply {
    var text: [UInt8] = []
    text.reserveCapacity(name.count + 72)
    text.append(type == .image ? "Opening BINARY mode data connection for " : "Opening ASCII mode data connection for ")
    if name.containsSequence(bytesWord) {
      text.append("the file")
    } else {
      text.append(contentsOf: name)
    }
    if type == .image, let byteCount {
      text.append(" (")
      text.append(decimal: byteCount)
      text.append(" bytes)")
    }
    text.append(0x2E)
    return Reply(150, bytes: text)
  }

  /// " bytes", by which clients find the size.
  private static let bytesWord: [UInt8] = [0x20, 0x62, 0x79, 0x74, 0x65, 0x73]
}

extension [UInt8] {
  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  mutating func append(decimal number: UInt64) {
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { scratch in
      var writer = ByteWriter(scratch)
      writer.write(decimal: number)
      append(contentsOf: writer.written)
    }
  }
}
