// What must hold for any input of the codecs and for any name in a listing or a reply.

#if canImport(FTPProtocol)
  import FTPProtocol
#endif

/// The two line-end codecs as RFC 959 would put them, slow and plainly right.
enum PlainASCII {
  static func encoded(_ input: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in input {
      if byte == 0x0A, out.last != 0x0D { out.append(0x0D) }
      out.append(byte)
    }
    return out
  }

  static func decoded(_ input: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for (offset, byte) in input.enumerated() {
      if byte == 0x0D, offset + 1 < input.count, input[offset + 1] == 0x0A { continue }
      out.append(byte)
    }
    return out
  }
}

/// Drives the codecs through buffers of a given size, with guard bytes behind them.
enum SmallBuffers {
  static func encode(_ input: [UInt8], pieces: Int, room: Int) -> [UInt8]? {
    var encoder = ASCIIEncoder()
    return drive(input, pieces, room) { encoder.transform($0, into: $1) }
  }

  static func decode(_ input: [UInt8], pieces: Int, room: Int) -> [UInt8]? {
    var decoder = ASCIIDecoder()
    guard var out = drive(input, pieces, room, { decoder.transform($0, into: $1) }) else { return nil }
    var last: [UInt8] = [0]
    if last.withUnsafeMutableBytes({ decoder.finish(into: $0) }) == 1 { out += last }
    return out
  }

  /// - Returns: all that came out; nil if the codec stood still or wrote behind the buffer.
  private static func drive(
    _ input: [UInt8], _ pieces: Int, _ room: Int,
    _ transform: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> (consumed: Int, produced: Int)
  ) -> [UInt8]? {
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0xEE, count: room + 8)
    var start = 0
    while start < input.count {
      let piece = Array(input[start..<min(input.count, start + pieces)])
      let step = piece.withUnsafeBytes { source in
        buffer.withUnsafeMutableBytes { transform(source, UnsafeMutableRawBufferPointer(rebasing: $0[..<room])) }
      }
      if step == (0, 0) || step.produced > room || step.consumed > piece.count { return nil }
      out += buffer[..<step.produced]
      start += step.consumed
      // Neither codec makes more than two bytes of one: this one would never end.
      if out.count > 2 * input.count { return nil }
    }
    return buffer[room...].allSatisfy { $0 == 0xEE } ? out : nil
  }
}

/// The first two bytes say how large the pieces and the buffer are.
@Sendable func checkASCII(_ input: [UInt8]) -> String? {
  guard input.count >= 2 else { return nil }
  let (pieces, room, body) = (Int(input[0]) + 1, Int(input[1]) + 2, Array(input.dropFirst(2)))
  let wire = PlainASCII.encoded(body)
  if SmallBuffers.encode(body, pieces: pieces, room: room) != wire { return "encoded wrongly" }
  if SmallBuffers.decode(body, pieces: pieces, room: room) != PlainASCII.decoded(body) { return "decoded wrongly" }
  let back = SmallBuffers.decode(wire, pieces: room, room: pieces)
  return back == PlainASCII.decoded(body) ? nil : "did not survive the way out and back"
}

/// The first bytes become the facts of a file, all of them its name.
@Sendable func checkListing(_ input: [UInt8]) -> String? {
  let number = input.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  let file = FileFacts(
    kind: FileFacts.Kind(rawValue: UInt8(number % 8)) ?? .file, mode: UInt16(truncatingIfNeeded: number),
    links: UInt32(truncatingIfNeeded: number), owner: UInt32(truncatingIfNeeded: number >> 16),
    group: UInt32(truncatingIfNeeded: number >> 32), size: number, modified: Int64(bitPattern: number),
    modifiedNanoseconds: 0, device: number, inode: ~number)
  let (owner, target) = (Array(input.prefix(40)), Array(input.reversed()))
  var (list, machine) = (ListFormatter(now: 1_780_315_200), MachineFormatter(facts: .all))
  var (long, short, facts): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
  input.withUnsafeBytes { name in
    list.appendLong(name: name, facts: file, owner: owner, group: owner, linkTarget: target, to: &long)
    list.appendName(name, prefix: target, to: &short)
    machine.append(
      name: name, facts: file, permissions: Permissions(rawValue: file.mode), ownerName: owner, groupName: owner,
      to: &facts)
  }
  for line in [long, short, facts] where !isOneLine(line) { return "not one line: \(line)" }
  if short.count != 2 * input.count + 2 { return "a name lost bytes" }
  let name = input.map { $0 == 0x0A || $0 == 0x0D ? 0x3F : $0 }
  if !facts.dropLast(2).reversed().starts(with: name.reversed() + [0x20, 0x3B]) { return "facts: \(facts)" }
  let permissions = Permissions(rawValue: file.mode)
  let inReply = machine.replyLine(path: input, facts: file, permissions: permissions)
  return checkReplies(input, line: inReply)
}

private func checkReplies(_ input: [UInt8], line: [UInt8]) -> String? {
  let single = [
    Reply(550, bytes: input), Reply.path(257, input, "is the current directory."),
    Reply.opening(name: input, byteCount: UInt64(input.count), type: .image),
  ]
  for reply in single where !isOneLine(reply.encoded) { return "not one line: \(reply.encoded)" }
  let several = Reply(250, opening: "Listing", lines: [line, input], closing: "End").encoded
  let lines = several.split(separator: 0x0A, omittingEmptySubsequences: false)
  if lines.count != 5 { return "not four lines: \(several)" }
  for inner in lines[1...2] where inner.count >= 4 && inner.prefix(3).allSatisfy({ 0x30...0x39 ~= $0 }) {
    return "an inner line looks like the last: \(several)"
  }
  return nil
}

/// Whether bytes hold one CR LF, at the end, and no other CR or LF.
private func isOneLine(_ line: [UInt8]) -> Bool {
  line.suffix(2).elementsEqual([0x0D, 0x0A]) && !line.dropLast(2).contains { $0 == 0x0A || $0 == 0x0D }
}
