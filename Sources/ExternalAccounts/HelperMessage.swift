// What weftpd and its helper say to each other: one packet each, a number and a document.

/// A packet between weftpd and the helper: four bytes of number, one of kind, then a text. The number comes back with the answer.
enum HelperMessage: Equatable {
  /// The question as JSON.
  case question(id: UInt32, [UInt8])
  /// What the program or the web server answered.
  case answer(id: UInt32, [UInt8])
  /// Nobody answered, and why; for a log.
  case failure(id: UInt32, [UInt8])

  /// The longest text.
  static let textLimit = 65_536
  /// The longest packet.
  static let limit = textLimit + 5

  var packet: [UInt8] {
    let (id, kind, text): (UInt32, UInt8, [UInt8]) =
      switch self {
      case .question(let id, let text): (id, 1, text)
      case .answer(let id, let text): (id, 2, text)
      case .failure(let id, let text): (id, 3, text)
      }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count + 5)
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: id >> UInt32(shift))) }
    bytes.append(kind)
    return bytes + text
  }

  /// nil for what is no packet of theirs.
  init?(_ packet: UnsafeRawBufferPointer) {
    guard packet.count >= 5, packet.count <= Self.limit else { return nil }
    let id = packet[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let text = Array(packet[5...])
    switch packet[4] {
    case 1: self = .question(id: id, text)
    case 2: self = .answer(id: id, text)
    case 3: self = .failure(id: id, text)
    default: return nil
    }
  }
}
