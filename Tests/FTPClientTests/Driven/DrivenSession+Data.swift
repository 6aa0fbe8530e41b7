// The data connections of the driven server, and what goes over them.

import Glibc

extension DrivenSession {
  func passive(_ verb: String) {
    guard let (fresh, port) = DrivenSocket.listener(at: server.address), server.keep(fresh) else { return hangUp() }
    if let listener {
      listener.cut()
      server.forget(listener)
    }
    listener = fresh
    target = nil
    if let data {
      data.cut()
      server.forget(data)
    }
    data = nil
    if choices.isUnlucky(one: 16) { return say("229 Nobody is there (|||1|)") }
    if verb == "EPSV" { return say("229 Here (|||\(port)|)") }
    let octets =
      choices.isUnlucky(one: 4)
      ? "10,0,0,1" : (0..<4).map { "\(server.address >> (24 - 8 * $0) & 255)" }.joined(separator: ",")
    say("227 Here (\(octets),\(port >> 8),\(port & 255))")
  }

  func active(_ argument: [UInt8]) {
    let numbers = String(decoding: argument, as: UTF8.self).split { $0 == "," || $0 == "|" }.compactMap { UInt32($0) }
    switch numbers.count {
    case 6: target = UInt16(truncatingIfNeeded: numbers[4] << 8 | numbers[5])
    // EPRT's address has no comma, so it is no number.
    case 2: target = UInt16(truncatingIfNeeded: numbers[1])
    default: return say("501 how?")
    }
    say("200 ok")
  }

  /// The data connection of the next transfer.
  private func open() -> DrivenSocket? {
    if let data { return data }
    let made: DrivenSocket?
    if let target {
      made = DrivenSocket.connect(from: server.address, to: target)
    } else {
      made = listener?.accept()
      if let listener { server.forget(listener) }
      listener = nil
    }
    target = nil
    guard let made, server.keep(made) else { return nil }
    data = made
    return made
  }

  private func close() {
    if let data { server.forget(data) }
    data = nil
  }

  // MARK: to the client

  func sendListing(_ verb: String) {
    var text: [UInt8] = []
    for _ in 0..<choices.below(7) { text += line(verb) }
    if choices.isUnlucky(one: 8) { text += choices.text(upTo: 120) }
    send(text)
  }

  /// A line of a listing. Its name may lead anywhere.
  private func line(_ verb: String) -> [UInt8] {
    let names = [
      "a", "b", "sub", "c d", "..", "../out", "/etc/out", "sub/../../out", ".", "link", ".a.weftp-part", ".a.weftp",
      "e", "\u{E9}",
    ]
    var name = Array(names[choices.below(names.count)].utf8)
    if choices.isUnlucky(one: 8) { name = choices.text(upTo: 20) }
    let kind = choices.below(6)
    let size = size(name)
    if verb == "NLST" { return name + [0x0D, 0x0A] }
    if verb == "MLSD" {
      let type = ["file", "file", "dir", "file", "OS.unix=slink:../out", "OS.unix=symlink"][kind]
      return Array("type=\(type);size=\(size);modify=20260101000000;UNIX.mode=0644; ".utf8) + name + [0x0D, 0x0A]
    }
    if choices.isUnlucky(one: 5) {
      let middle = kind == 2 ? "<DIR>         " : "\(size)"
      return Array("01-01-26  10:00AM  \(middle) ".utf8) + name + [0x0D, 0x0A]
    }
    let mode = ["-rw-r--r--", "-rw-r--r--", "drwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx", "lrwxrwxrwx"][kind]
    let end = kind < 4 ? [] : Array(" -> ".utf8) + Array(["..", "../out", "/etc", "a"][choices.below(4)].utf8)
    return Array("\(mode) 1 u g \(size) Jan  1 10:00 ".utf8) + name + end + [0x0D, 0x0A]
  }

  func send(_ bytes: [UInt8]) {
    defer { (start, isRange) = (0, nil) }
    let fault = choices.isUnlucky(one: 4) ? choices.below(14) + 1 : 0
    if fault == 1 { return say("550 no such file") }
    if fault == 2 {
      listener?.cut()
      return say("425 no data connection")
    }
    say("150 here it comes")
    if fault == 3 { say("226 done already") }
    if fault == 4 { return hangUp() }
    guard let data = open() else { return say("425 nobody came") }
    var wire = bytes
    if fault == 5 { wire.removeLast(wire.count / 2) }
    if fault == 6 { wire += [UInt8](repeating: 0x78, count: 300) }
    if fault == 7 { wire = (0..<20_000).flatMap { _ in bytes.prefix(30) + [0x0A] } }
    if isInBlocks { wire = DrivenSession.blocks(wire) }
    if fault == 8 { wire = choices.text(upTo: 100) }
    data.send(wire)
    if fault == 9 { data.reset() }
    if fault == 10 {
      say("451 disk")
    } else if fault == 11 {
      say("226 done")
      say("226 really")
    } else if fault == 12 {
      say("421 bye")
      return hangUp()
    }
    if !isInBlocks || fault >= 9 {
      data.cut()
      close()
    }
    if fault != 3, !(10...12).contains(fault) { say(fault == 13 ? "426 broken" : "226 done") }
  }

  /// A file in MODE B: a block for each 65,535 bytes, and the end (RFC 959, section 3.4.2).
  private static func blocks(_ bytes: [UInt8]) -> [UInt8] {
    var wire: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(65_535)
      rest = rest.dropFirst(piece.count)
      wire += [0, UInt8(piece.count >> 8), UInt8(piece.count & 255)] + piece
    }
    return wire + [64, 0, 0]
  }

  // MARK: from the client

  func receive() {
    defer { (start, isRange) = (0, nil) }
    let fault = choices.isUnlucky(one: 4) ? choices.below(7) + 1 : 0
    if fault == 1 { return say("553 not there") }
    say("150 go on")
    if fault == 2 { say("226 done already") }
    if fault == 3 { return hangUp() }
    guard let data = open() else { return say("425 nobody came") }
    if fault == 4 {
      say("552 full")
    } else if fault == 5 {
      data.reset()
    } else if isInBlocks {
      takeBlocks(data)
    } else {
      while !data.receive().isEmpty {}
    }
    if !isInBlocks || fault >= 4 {
      data.cut()
      close()
    }
    if fault != 2, fault != 4 { say(fault == 6 ? "451 disk" : "226 done") }
  }

  /// Until the block that ends the file.
  private func takeBlocks(_ data: DrivenSocket) {
    var wire: [UInt8] = []
    while true {
      while wire.count >= 3 {
        let count = Int(wire[1]) << 8 | Int(wire[2])
        guard wire.count >= 3 + count else { break }
        let isLast = wire[0] & 64 != 0
        wire.removeFirst(3 + count)
        if isLast { return }
      }
      let more = data.receive()
      if more.isEmpty { return }
      wire += more
    }
  }
}
