// What must hold for any bytes that come in place of a PROXY header.

// The fuzzer is built from this file and the module's sources as one module.
#if canImport(FTPProtocol)
  import FTPProtocol
#endif

/// However the bytes are cut, the same is read and as many are taken; and what a balancer writes is read exactly.
func checkProxyHeader(_ input: [UInt8]) -> String? {
  let (whole, taken) = readHeader(input) { _ in input.count }
  var random = FixedRandom(seed: UInt64(input.first ?? 0))
  let (cut, takenCut) = readHeader(input) { _ in Int.random(in: 1...40, using: &random) }
  if (cut, takenCut) != (whole, taken) { return "cut at random: \(cut) after \(takenCut), not \(whole) after \(taken)" }
  let (single, takenSingle) = readHeader(input) { _ in 1 }
  if (single, takenSingle) != (whole, taken) {
    return "byte by byte: \(single) after \(takenSingle), not \(whole) after \(taken)"
  }
  if taken > 16 + ProxyHeaderReader.lengthLimit { return "took \(taken) bytes" }
  if case .needsMore = whole, taken != input.count { return "wants more, but took \(taken) of \(input.count)" }
  if readHeader(Array(input[..<taken]), cut: { _ in taken }).progress != whole { return "what is behind matters" }
  return checkMadeHeaders(input)
}

private func readHeader(_ bytes: [UInt8], cut: (Int) -> Int) -> (progress: ProxyHeaderReader.Progress, taken: Int) {
  var reader = ProxyHeaderReader()
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + max(1, cut(start)))
    let count = reader.take(bytes[start..<end])
    start += count
    if count == 0 || reader.progress != .needsMore { break }
  }
  return (reader.progress, start)
}

/// Headers whose addresses and further fields are the input.
private func checkMadeHeaders(_ input: [UInt8]) -> String? {
  guard input.count >= 36 else { return nil }
  let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  for (family, width) in [(0x11, 4), (0x21, 16)] as [(UInt8, Int)] {
    let header = signature + [0x21, family, UInt8(input.count >> 8), UInt8(input.count & 0xFF)] + input
    let (progress, taken) = readHeader(header + input) { _ in 7 }
    let port = { (index: Int) in UInt16(input[index]) << 8 | UInt16(input[index + 1]) }
    let wanted = ProxyHeader.proxied(
      client: .init(octets: Array(input[..<width]), port: port(2 * width)),
      server: .init(octets: Array(input[width..<(2 * width)]), port: port(2 * width + 2)))
    if progress != .complete(wanted) { return "\(progress) instead of \(wanted)" }
    if taken != header.count { return "took \(taken) of \(header.count) bytes" }
  }
  let local = signature + [0x20, input[0], UInt8(input.count >> 8), UInt8(input.count & 0xFF)] + input
  let (progress, taken) = readHeader(local + input) { _ in 7 }
  return progress == .complete(.local) && taken == local.count ? nil : "LOCAL: \(progress) after \(taken)"
}
