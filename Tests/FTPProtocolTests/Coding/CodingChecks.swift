// What must hold for any bytes given to the codecs of the data connection; the fuzzer tries it and the tests replay what it kept.

#if canImport(FTPProtocol)
  @testable import FTPProtocol
#endif

/// What the first three bytes of a check's input choose: the format, and how the rest is cut.
private struct Choice {
  let format: TransferFormat
  let cut: Cutting
  let body: [UInt8]

  init?(_ input: [UInt8]) {
    guard input.count >= 3 else { return nil }
    format = TransferFormat.all[Int(input[0]) % TransferFormat.all.count]
    let (pieces, rooms) = (1 + Int(input[1] & 0x3F), 1 + Int(input[2]))
    cut = Cutting(seed: UInt64(input[1]), pieces: 1...pieces, rooms: 1...rooms)
    body = Array(input.dropFirst(3))
  }
}

/// Arbitrary bytes from the wire: the same comes of them however they are cut, and what became a file goes out and comes back.
@Sendable func checkDecoder(_ input: [UInt8]) -> String? {
  guard let choice = Choice(input) else { return nil }
  let format = choice.format
  let whole = CodingDriver.decode(choice.body, format)
  if let misbehaviour = whole.misbehaviour { return "\(format.name): \(misbehaviour)" }
  let cut = CodingDriver.decode(choice.body, format, cut: choice.cut)
  if let misbehaviour = cut.misbehaviour { return "\(format.name), cut: \(misbehaviour)" }
  if cut.error != whole.error { return "\(format.name): \(cut.error as Any) instead of \(whole.error as Any)" }
  if cut.marks != whole.marks || cut.suspects != whole.suspects { return "\(format.name): other events when cut" }
  if whole.error != nil { return nil }
  if cut.bytes != whole.bytes || cut.end != whole.end { return "\(format.name): other bytes when cut" }
  for mark in whole.marks where RestartPoint.parse(mark.point.text) != mark.point { return "\(mark.point)" }
  return checkRoundTrip(whole.bytes, format, choice.cut)
}

/// Arbitrary bytes as a stored file: it is refused, or goes out and comes back, from every marker on.
@Sendable func checkEncoder(_ input: [UInt8]) -> String? {
  guard let choice = Choice(input) else { return nil }
  return checkRoundTrip(choice.body, choice.format, choice.cut)
}

/// Arbitrary text as a restart marker: what is taken is what would be written.
@Sendable func checkRestartPoint(_ input: [UInt8]) -> String? {
  guard let point = RestartPoint.parse(input) else { return nil }
  return point.text == input ? nil : "\(text(input)) became \(text(point.text))"
}

private func checkRoundTrip(_ file: [UInt8], _ format: TransferFormat, _ cut: Cutting) -> String? {
  let out = CodingDriver.encode(file, format, interval: 16)
  if let misbehaviour = out.misbehaviour { return "\(format.name), out: \(misbehaviour)" }
  let outCut = CodingDriver.encode(file, format, interval: 16, cut: cut)
  if let misbehaviour = outCut.misbehaviour { return "\(format.name), out, cut: \(misbehaviour)" }
  if out.error != outCut.error { return "\(format.name): \(outCut.error as Any) instead of \(out.error as Any)" }
  if let error = out.error { return error.isInFile ? nil : "\(format.name): \(error) of a file" }
  let back = CodingDriver.decode(out.bytes, format)
  let backCut = CodingDriver.decode(outCut.bytes, format, cut: cut)
  if back.error != nil || back.bytes != backCut.bytes { return "\(format.name): the cuts make a difference" }
  let again = CodingDriver.decode(CodingDriver.encode(back.bytes, format).bytes, format)
  // Parts of records are put together on the way, and CR LF becomes LF: whatever it was, then it stays as it is.
  let staysAlways = format.structure != .file || format.type != .ascii(.nonPrint)
  if staysAlways, again.bytes != back.bytes { return "\(format.name): not stable" }
  let isPlain = format.structure == .page || (format.structure == .record ? format.records == .lines : staysAlways)
  if isPlain, back.bytes != file { return "\(format.name): did not survive the way out and back" }
  return checkMarkers(of: back, file, format)
}

private func checkMarkers(of whole: Coded, _ file: [UInt8], _ format: TransferFormat) -> String? {
  for mark in whole.marks {
    guard let point = RestartPoint.parse(mark.text), point.fileOffset <= UInt64(file.count) else {
      return "\(format.name): marker \(text(mark.text))"
    }
    let rest = CodingDriver.encode(Array(file[Int(point.fileOffset)...]), format, interval: 16, from: point)
    let end = CodingDriver.decode(rest.bytes, format, from: mark.point)
    if Array(whole.bytes[..<mark.produced]) + end.bytes != whole.bytes {
      return "\(format.name): resumed wrongly from \(text(mark.text))"
    }
  }
  return nil
}
