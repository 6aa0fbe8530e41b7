// What must hold for any input at all; the fuzzer looks for input that breaks it and the tests replay what it kept.

// The fuzzer is built from this file and the module's sources as one module.
#if canImport(FTPProtocol)
  import FTPProtocol
#endif

/// One property of the module, tried on arbitrary bytes.
struct ProtocolCheck: Sendable {
  /// The name of the fuzz target and of its folder of kept inputs.
  let name: String
  /// Says what is wrong, or nil if all is well.
  let run: @Sendable ([UInt8]) -> String?

  static let all = [
    ProtocolCheck(name: "command-reader", run: checkCommandReader),
    ProtocolCheck(name: "path", run: checkPath),
    ProtocolCheck(name: "list-arguments", run: checkListArguments),
    ProtocolCheck(name: "data-port", run: checkDataPort),
    ProtocolCheck(name: "time-stamp", run: checkTimeStamp),
    ProtocolCheck(name: "ascii", run: checkASCII),
    ProtocolCheck(name: "listing", run: checkListing),
    ProtocolCheck(name: "decoder", run: checkDecoder),
    ProtocolCheck(name: "encoder", run: checkEncoder),
    ProtocolCheck(name: "restart-point", run: checkRestartPoint),
    ProtocolCheck(name: "reply-reader", run: checkReplyReader),
    ProtocolCheck(name: "taken-replies", run: checkTakenReplies),
    ProtocolCheck(name: "features", run: checkFeatures),
    ProtocolCheck(name: "command-writer", run: checkCommandWriter),
    ProtocolCheck(name: "listing-line", run: checkListingLine),
    ProtocolCheck(name: "mlsd", run: checkMachineLine),
    ProtocolCheck(name: "listing-round-trip", run: checkListingRoundTrip),
    ProtocolCheck(name: "listing-reader", run: checkListingReader),
    ProtocolCheck(name: "proxy-header", run: checkProxyHeader),
  ]
}

/// The first byte decides how the rest is cut and whether a line precedes it (the first line of a connection is special).
private func checkCommandReader(_ input: [UInt8]) -> String? {
  guard let first = input.first else { return nil }
  let stream = (first & 0x80 != 0 ? bytes("NOOP\n") : []) + input.dropFirst()
  let limit = 24
  let whole = readEvents(stream, limit: limit) { _ in stream.count }
  var random = FixedRandom(seed: UInt64(first))
  let cut = readEvents(stream, limit: limit) { _ in Int.random(in: 1...12, using: &random) }
  if whole != cut { return "cut at random: \(cut) instead of \(whole)" }
  let single = readEvents(stream, limit: limit) { _ in 1 }
  if whole != single { return "byte by byte: \(single) instead of \(whole)" }
  for case .command(let command) in whole {
    if command.argument.contains(0) || command.argument.contains(0x0A) { return "NUL or LF in \(command)" }
    if command.verb.bytes.count + command.argument.count > limit { return "\(command) passed the limit" }
    if Verb(command.verb.bytes) != command.verb { return "\(command.verb) is not its own name" }
  }
  return whole.count > stream.count ? "more events than bytes" : nil
}

private func readEvents(_ stream: [UInt8], limit: Int, cut: (Int) -> Int) -> [CommandReader.Event] {
  var reader = CommandReader(lineLimit: limit)
  var events: [CommandReader.Event] = []
  var start = 0
  while start < stream.count {
    let end = min(stream.count, start + max(1, cut(start)))
    stream[start..<end].withUnsafeBytes { reader.append($0) }
    start = end
    while let event = reader.next() { events.append(event) }
    reader.releaseStorage()
  }
  return events
}

/// The first byte says how many of the following name the directory; the rest is the argument.
private func checkPath(_ input: [UInt8]) -> String? {
  let body = input.dropFirst()
  let split = min(Int(input.first ?? 0), body.count)
  guard let directory = try? VirtualPath(Array(body.prefix(split))) else { return nil }
  guard let path = try? directory.resolving(Array(body.dropFirst(split))) else { return nil }
  let components = path.bytes.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
  if path.bytes.first != 0x2F { return "not absolute: \(path)" }
  if path.bytes.count > VirtualPath.pathLimit { return "too long: \(path)" }
  if !path.isRoot {
    for component in components where component.isEmpty || text(component) == "." || text(component) == ".." {
      return "not normalised: \(path)"
    }
    if components.contains(where: { $0.count > VirtualPath.componentLimit || $0.contains(0) }) { return "\(path)" }
    guard let name = path.lastComponent else { return "no last component: \(path)" }
    if (try? path.parent.resolving(bytes("./") + name)) != path { return "not its parent's child: \(path)" }
  }
  if (try? VirtualPath(path.bytes)) != path { return "not stable: \(path)" }
  if (try? VirtualPath(bytes("./") + path.relativeBytes)) != path { return "relative form differs: \(path)" }
  return path.isWithin(path.parent) ? nil : "not within its parent: \(path)"
}

private func checkListArguments(_ input: [UInt8]) -> String? {
  let parsed = ListArguments.parse(input)
  guard let path = parsed.path else { return nil }
  if path.isEmpty || !input.reversed().starts(with: path.reversed()) { return "the path is not the argument's end" }
  if path.count == input.count, !parsed.options.isEmpty { return "options from nowhere" }
  if input.first != 0x2D, path != input { return "lost a part of the path" }
  let glob = Glob(path, matchesHidden: true)
  if let name = glob.literalName, !glob.matches(name) { return "a name does not match itself" }
  if !Glob(bytes("*") + path.filter { $0 == 0x2A }, matchesHidden: true).matches(path) { return "* does not match" }
  _ = glob.matches(Array(path.reversed()))
  let quoted: [UInt8] = path.flatMap { byte -> [UInt8] in [0x5C, byte] }
  return Glob(quoted).matches(path) ? nil : "the quoted name does not match"
}

private func checkDataPort(_ input: [UInt8]) -> String? {
  if let address = try? DataPort.parsePORT(input) {
    let again = (address.octets.map { Int($0) } + [Int(address.port >> 8), Int(address.port & 0xFF)])
      .map { "\($0)" }.joined(separator: ",")
    if address.port == 0 || (try? DataPort.parsePORT(bytes(again))) != address { return "PORT: \(address)" }
  }
  if let address = try? DataPort.parseEPRT(input) {
    let octets = address.octets
    if octets.count != (address.family == .ipv4 ? 4 : 16) { return "EPRT: \(address)" }
    let host =
      address.family == .ipv4
      ? octets.map { "\($0)" }.joined(separator: ".")
      : stride(from: 0, to: 16, by: 2).map { String(Int(octets[$0]) << 8 | Int(octets[$0 + 1]), radix: 16) }
        .joined(separator: ":")
    let again = "|\(address.family.rawValue)|\(host)|\(address.port)|"
    if address.port == 0 || (try? DataPort.parseEPRT(bytes(again))) != address { return "EPRT: \(address)" }
  }
  _ = try? DataPort.parseEPSV(input)
  _ = try? RepresentationType.parse(input)
  return nil
}

private func checkTimeStamp(_ input: [UInt8]) -> String? {
  if let time = TimeStamp.parse(input) {
    let isLeapSecond = input[12..<14].elementsEqual(bytes("60"))
    if !isLeapSecond, TimeStamp.format(time.seconds) != Array(input.prefix(14)) { return "\(text(input)): \(time)" }
    if time.nanoseconds > 999_999_999 { return "\(time)" }
  }
  if let parts = TimeStamp.parseLeading(input), !input.reversed().starts(with: parts.rest.reversed()) {
    return "\(parts)"
  }
  let seconds = number(input)
  let digits = TimeStamp.format(seconds)
  if digits.count != 14 || !digits.allSatisfy({ 0x30...0x39 ~= $0 }) { return "\(seconds): \(text(digits))" }
  guard (0...253_402_300_799).contains(seconds) else { return nil }
  return TimeStamp.parse(digits)?.seconds == seconds ? nil : "\(seconds) became \(text(digits))"
}

/// The first eight bytes as a number.
private func number(_ input: [UInt8]) -> Int64 {
  Int64(bitPattern: input.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
}
