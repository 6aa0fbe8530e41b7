// What must hold for any bytes a server may send on the control connection, and for any command a client may write.

#if canImport(FTPProtocol)
  import FTPProtocol
#endif

/// The first byte decides how the rest is cut, and whether the limits are small.
@Sendable func checkReplyReader(_ input: [UInt8]) -> String? {
  guard let first = input.first else { return nil }
  let stream = Array(input.dropFirst())
  let isSmall = first & 0x80 != 0
  let limits =
    isSmall ? ReplyReader.Limits(lineLength: 24, lineCount: 4, byteCount: 64) : ReplyReader.Limits(lineLength: 400)
  let whole = readReplies(stream, limits) { stream.count }
  var random = FixedRandom(seed: UInt64(first))
  let cut = readReplies(stream, limits) { Int.random(in: 1...12, using: &random) }
  if whole != cut { return "cut at random: \(cut) instead of \(whole)" }
  let single = readReplies(stream, limits) { 1 }
  if whole != single { return "byte by byte: \(single) instead of \(whole)" }
  if whole.events.count > stream.count { return "more events than bytes" }
  for case .reply(let reply) in whole.events {
    if reply.lines.isEmpty || reply.lines.count > limits.lineCount { return "lines of \(reply)" }
    if reply.lines.contains(where: { $0.count > limits.lineLength || $0.contains(0x0A) }) {
      return "a line of \(reply)"
    }
    if reply.lines.reduce(0, { $0 + $1.count + 1 }) > limits.byteCount { return "bytes of \(reply)" }
    if reply.description.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "a control character: \(reply)" }
    let again = readReplies(wire(reply), ReplyReader.Limits()) { 7 }
    if again.events != [.reply(reply)] || again.error != nil { return "\(reply) became \(again)" }
  }
  return nil
}

private struct ReadReplies: Equatable {
  var events: [ReplyReader.Event] = []
  var error: ReplyReader.ReadError?
}

private func readReplies(_ stream: [UInt8], _ limits: ReplyReader.Limits, cut: () -> Int) -> ReadReplies {
  var reader = ReplyReader(limits: limits)
  var read = ReadReplies()
  var start = 0
  while start < stream.count {
    let end = min(stream.count, start + max(1, cut()))
    stream[start..<end].withUnsafeBytes { reader.append($0) }
    start = end
    do throws(ReplyReader.ReadError) {
      while let event = try reader.next() { read.events.append(event) }
    } catch {
      read.error = error
    }
    reader.releaseStorage()
  }
  return read
}

/// A reply as a server would send it that puts the code before every line.
private func wire(_ reply: ReceivedReply) -> [UInt8] {
  var out: [UInt8] = []
  for (index, line) in reply.lines.enumerated() {
    out += bytes("\(reply.code)") + [index == reply.lines.count - 1 ? 0x20 : 0x2D]
    for byte in line {
      out.append(byte)
      if byte == 0xFF { out.append(byte) }
      if byte == 0x0D { out.append(0) }
    }
    out += [0x0D, 0x0A]
  }
  return out
}

/// The input is the text of every reply that is taken apart. What is read out of it survives the server's own writing.
@Sendable func checkTakenReplies(_ input: [UInt8]) -> String? {
  let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
  for code: UInt16 in [110, 125, 150, 213, 226, 227, 228, 229, 250, 257] {
    guard let reply = ReceivedReply(code: code, lines: lines) else { return "no reply \(code)" }
    if let failure = checkAddresses(reply) ?? checkFiles(reply) { return "\(code): \(failure)" }
  }
  return nil
}

private func checkAddresses(_ reply: ReceivedReply) -> String? {
  if let address = reply.passiveAddress {
    let octets = address.octets
    if octets.count != 4 || address.port == 0 { return "\(address)" }
    let own = Reply.passive(address: (octets[0], octets[1], octets[2], octets[3]), port: address.port)
    if sent(own)?.passiveAddress != address { return "\(address) did not survive" }
  }
  if let port = reply.extendedPassivePort {
    if port == 0 || sent(Reply.extendedPassive(port: port))?.extendedPassivePort != port { return "port \(port)" }
  }
  if let address = reply.longPassiveAddress {
    let own = Reply.longPassive(octets: address.octets, port: address.port)
    if sent(own)?.longPassiveAddress != address { return "\(address) did not survive" }
    if (try? DataPort.parseEPRT(address.extendedPortArgument)) != address { return "EPRT of \(address)" }
  }
  return nil
}

private func checkFiles(_ reply: ReceivedReply) -> String? {
  if let path = reply.pathname {
    if path.isEmpty { return "an empty path" }
    let isPlain = !path.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
    if isPlain, sent(Reply.path(257, path, "is the current directory."))?.pathname != path { return "path \(path)" }
  }
  if let size = reply.announcedSize {
    let own = Reply.opening(name: reply.text, byteCount: size, type: .image)
    if sent(own)?.announcedSize != size { return "size \(size)" }
  }
  if let size = reply.fileSize, sent(Reply(213, "\(size)"))?.fileSize != size { return "size \(size)" }
  if let time = reply.modificationTime {
    let stamp = TimeStamp.format(time.seconds, nanoseconds: time.nanoseconds, digits: 9)
    guard let again = sent(Reply(213, bytes: stamp))?.modificationTime, again == time else { return "time \(time)" }
  }
  if let name = reply.uniqueName {
    if name.isEmpty { return "an empty name" }
    let isPlain = !name.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
    if isPlain, sent(Reply(150, bytes: bytes("FILE: ") + name))?.uniqueName != name { return "unique name \(name)" }
  }
  if let digest = ReceivedDigest(reply), digest.digest.isEmpty { return "no digest" }
  for count in [4, 16, 20] {
    if let digest = reply.legacyDigest(byteCount: count), digest.count != count { return "digest of \(digest.count)" }
  }
  if let entry = reply.listedEntry, entry.name.isEmpty { return "no name" }
  if let markers = reply.restartMarkers, markers.sent.isEmpty || markers.received.isEmpty { return "no marker" }
  return nil
}

/// What a client makes of the server's reply.
private func sent(_ reply: Reply) -> ReceivedReply? {
  let read = readReplies(reply.encoded, ReplyReader.Limits()) { 100 }
  guard read.events.count == 1, case .reply(let reply)? = read.events.first else { return nil }
  return reply
}

/// The input is the lines of a FEAT reply.
@Sendable func checkFeatures(_ input: [UInt8]) -> String? {
  let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
  guard let reply = ReceivedReply(code: 211, lines: [bytes("Features:")] + lines + [bytes("End")]),
    let server = ServerFeatures(reply)
  else { return "no features" }
  if server.features.count > lines.count { return "more features than lines" }
  if !server.selectedFacts.isSubset(of: server.machineFacts) { return "facts selected and not offered" }
  for feature in server.features {
    if feature.label.isEmpty || !server.contains(feature.label) { return "\(feature) is not contained" }
  }
  // Written again, they are the same.
  let again = server.features.map { feature in
    [0x20] + Array(feature.label.utf8) + (feature.parameters.isEmpty ? [] : [0x20] + feature.parameters)
  }
  let rewritten = ReceivedReply(code: 211, lines: [bytes("Features:")] + again + [bytes("End")]).flatMap(
    ServerFeatures.init)
  return rewritten == server ? nil : "\(server) became \(rewritten as Any)"
}

/// The first byte chooses the verb, the rest is the argument; its first bytes become an address.
@Sendable func checkCommandWriter(_ input: [UInt8]) -> String? {
  let verbs: [Verb] = ["RETR", "STOR", "CWD", "XSHA256"]
  let command = Command(verb: verbs[Int(input.first ?? 0) % verbs.count], argument: Array(input.dropFirst()))
  let isClean = !command.argument.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
  guard let line = try? CommandWriter.line(command) else { return isClean ? "refused \(command)" : nil }
  if !isClean { return "wrote \(command)" }
  // The first line of a connection is special.
  var reader = CommandReader(lineLimit: 1024)
  (bytes("NOOP\n") + line).withUnsafeBytes { reader.append($0) }
  _ = reader.next()
  if reader.next() != .command(command) || reader.hasBufferedBytes {
    return "the server reads another command: \(line)"
  }
  guard input.count >= 17 else { return nil }
  for (family, count) in [(DataAddress.Family.ipv4, 4), (.ipv6, 16)] {
    let address = DataAddress(family: family, octets: Array(input[1...count]), port: UInt16(input[0]) << 8 | 1)
    if (try? DataPort.parseEPRT(address.extendedPortArgument)) != address { return "EPRT of \(address)" }
    if (try? DataPort.parseLPRT(address.longPortArgument)) != address { return "LPRT of \(address)" }
    if let argument = address.portArgument, (try? DataPort.parsePORT(argument)) != address {
      return "PORT of \(address)"
    }
  }
  let path = Array(input[1...])
  let listed = ListArguments.parse(Command.list("LIST", ListArguments(options: .all, path: path)).argument)
  if listed.path?.suffix(path.count).elementsEqual(path) != true { return "LIST lost the path" }
  let digest = DigestArguments.parse(Command.digest("XCRC", pathname: path, octets: 1..<2).argument)
  return digest?.pathname == path && digest?.range == 1..<2 ? nil : "XCRC lost the path"
}
