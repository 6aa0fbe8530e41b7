// What must hold for any line of a listing, and for any name that the server's own formatters print.

#if canImport(FTPProtocol)
  import FTPProtocol
#endif

/// 2026-06-01 12:00:00 UTC.
private let now: Int64 = 1_780_315_200

/// Any bytes as a line of LIST.
@Sendable func checkListingLine(_ input: [UInt8]) -> String? {
  let parser = ListingParser(now: now)
  let line = parser.parse(input[...])
  guard case .entry(let entry) = line else {
    return parser.form(of: input[...]) == nil ? nil : "a form without an entry"
  }
  if parser.form(of: input[...]) == nil { return "an entry without a form" }
  // Nothing of the line's end is lost, and nothing comes to it.
  let tail = entry.name + (entry.linkTarget.map { bytes(" -> ") + $0 } ?? [])
  if !input.reversed().starts(with: tail.reversed()) { return "the name is not the line's end: \(entry)" }
  let before = input.dropLast(tail.count)
  if !isWholeName(entry, parser.form(of: input[...]), before) { return "not the whole name: \(entry)" }
  return checkEntry(entry)
}

/// Whether a name begins where it has to: not a blank of it is lost, and none of the line's comes to it.
private func isWholeName(_ entry: ListedEntry, _ form: ListingParser.Form?, _ before: ArraySlice<UInt8>) -> Bool {
  let blanks = before.reversed().prefix { $0 == 0x20 }.count
  switch form {
  case .eplf: return before.last == 0x09 && !before.dropLast().contains(0x09)
  case .dos where entry.kind == .directory: return blanks == 10 || 1..<10 ~= blanks && entry.name.first != 0x20
  default: return blanks == 1
  }
}

/// Any bytes as a line of MLSD.
@Sendable func checkMachineLine(_ input: [UInt8]) -> String? {
  guard let entry = ListedEntry(machineLine: input[...]) else { return nil }
  if !input.reversed().starts(with: entry.name.reversed() + [0x20]) {
    return "the name is not the line's end: \(entry)"
  }
  let facts = input.dropLast(entry.name.count + 1)
  if !facts.isEmpty, facts.last != 0x3B, facts.contains(0x20) { return "not the whole name: \(entry)" }
  if entry.role != .entry, entry.kind != .directory { return "\(entry)" }
  return checkEntry(entry)
}

private func checkEntry(_ entry: ListedEntry) -> String? {
  if entry.name.isEmpty { return "an empty name" }
  let components = entry.name.split(separator: 0x2F, omittingEmptySubsequences: false)
  let isOne = components.count == 1 && !entry.name.contains(0) && ![bytes("."), bytes("..")].contains(entry.name)
  if entry.isSafeName != isOne { return "isSafeName of \(entry.name)" }
  if let mode = entry.mode, mode > 0o7777 { return "mode \(mode)" }
  for time in [entry.modified, entry.created].compactMap({ $0 }) where time.nanoseconds > 999_999_999 {
    return "\(time)"
  }
  return nil
}

/// The first bytes become the facts of a file, the rest its name: what the server prints, the client reads.
@Sendable func checkListingRoundTrip(_ input: [UInt8]) -> String? {
  guard input.count > 10 else { return nil }
  let number = input[1..<9].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  let kinds: [FileFacts.Kind] = [.file, .directory, .symlink, .fifo, .socket, .characterDevice, .blockDevice]
  let kind = kinds[Int(input[0]) % kinds.count]
  let name = input[10...].map { $0 == 0x0A || $0 == 0x0D ? 0x3F : $0 }
  let target = kind == .symlink ? name.reversed() + name : nil
  let facts = FileFacts(
    kind: kind, mode: UInt16(truncatingIfNeeded: number) & 0o7777, links: UInt32(truncatingIfNeeded: number), owner: 1,
    group: 2, size: target.map { UInt64($0.count) } ?? number,
    modified: Int64(bitPattern: number) >> Int64(input[9] % 48),
    modifiedNanoseconds: 0, device: number, inode: ~number)
  return checkMachineRoundTrip(facts, name, target) ?? checkLongRoundTrip(facts, name, target)
}

private func checkMachineRoundTrip(_ facts: FileFacts, _ name: [UInt8], _ target: [UInt8]?) -> String? {
  var formatter = MachineFormatter(facts: .all)
  var line: [UInt8] = []
  name.withUnsafeBytes {
    formatter.append(
      name: $0, facts: facts, permissions: Permissions(rawValue: facts.mode & 0x3FF), ownerName: name,
      extras: .init(created: (facts.modified, 0), linkTarget: target), to: &line)
  }
  guard let entry = ListedEntry(machineLine: line.dropLast(2)[...]) else { return "MLSD: not read: \(line)" }
  if entry.name != name || entry.kind != facts.kind || entry.linkTarget != target { return "MLSD: \(entry)" }
  if entry.mode != facts.mode || entry.owner != 1 || entry.group != 2 { return "MLSD: \(entry)" }
  if entry.permissions?.rawValue != facts.mode & 0x3FF { return "MLSD: permissions of \(entry)" }
  if entry.size != (facts.kind == .file ? facts.size : nil) { return "MLSD: size of \(entry)" }
  let seconds = min(max(facts.modified, -62_167_219_200), 253_402_300_799)
  if entry.modified?.seconds != seconds || entry.created?.seconds != seconds { return "MLSD: times of \(entry)" }
  return nil
}

private func checkLongRoundTrip(_ facts: FileFacts, _ name: [UInt8], _ target: [UInt8]?) -> String? {
  var formatter = ListFormatter(now: now)
  var line: [UInt8] = []
  name.withUnsafeBytes {
    formatter.appendLong(name: $0, facts: facts, owner: bytes("u"), group: bytes("2"), linkTarget: target, to: &line)
  }
  guard case .entry(let entry) = ListingParser(now: now).parse(line.dropLast(2)[...]) else {
    return "LIST: not read: \(text(line))"
  }
  if entry.name != name || entry.kind != facts.kind || entry.linkTarget != target { return "LIST: \(entry)" }
  let isDevice = facts.kind == .characterDevice || facts.kind == .blockDevice
  if entry.mode != facts.mode || entry.size != (isDevice ? nil : facts.size) { return "LIST: \(entry)" }
  let seconds = min(max(facts.modified, -62_167_219_200), 253_402_300_799)
  guard let time = entry.modified else { return "LIST: no time in \(text(line))" }
  let unit: Int64 = time.precision == .minute ? 60 : 86400
  return time.seconds <= seconds && seconds < time.seconds + unit ? nil : "LIST: \(time) of \(seconds)"
}

/// The first byte chooses the form and how the rest is cut.
@Sendable func checkListingReader(_ input: [UInt8]) -> String? {
  guard let first = input.first else { return nil }
  let stream = Array(input.dropFirst())
  let form = [ListingReader.Form.machine, .list(now: now), .names][Int(first % 3)]
  let limit = first & 0x80 != 0 ? 24 : 4096
  let whole = readListing(stream, form, limit) { stream.count }
  var random = FixedRandom(seed: UInt64(first))
  let cut = readListing(stream, form, limit) { Int.random(in: 1...12, using: &random) }
  if whole != cut { return "cut at random: \(cut) instead of \(whole)" }
  let single = readListing(stream, form, limit) { 1 }
  if whole != single { return "byte by byte: \(single) instead of \(whole)" }
  // Every LF ends a line, and the end may end one more.
  let ends = stream.count { $0 == 0x0A } + (stream.last == 0x0A || stream.isEmpty ? 0 : 1)
  if whole.error == nil, whole.lines.count != ends { return "\(whole.lines.count) lines of \(ends)" }
  for case .entry(let entry) in whole.lines where entry.name.contains(0x0A) || entry.name.count >= limit {
    return "\(entry)"
  }
  return nil
}

private struct ReadListing: Equatable {
  var lines: [ListedLine] = []
  var error: ListingReader.ReadError?
}

private func readListing(_ stream: [UInt8], _ form: ListingReader.Form, _ limit: Int, cut: () -> Int) -> ReadListing {
  var reader = ListingReader(form, lineLimit: limit)
  var read = ReadListing()
  var start = 0
  do throws(ListingReader.ReadError) {
    while start < stream.count {
      let end = min(stream.count, start + max(1, cut()))
      stream[start..<end].withUnsafeBytes { reader.append($0) }
      start = end
      while let line = try reader.next() { read.lines.append(line) }
    }
    while let line = try reader.finish() { read.lines.append(line) }
  } catch {
    read.error = error
  }
  return read
}
