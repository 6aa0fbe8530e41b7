// One session of the driven server: commands and what is answered to them.

import Glibc

final class DrivenSession {
  let server: DrivenServer
  let choices: Choices
  let control: DrivenSocket
  /// What clients connect to for data.
  var listener: DrivenSocket?
  /// Where a client listens (PORT, EPRT).
  var target: UInt16?
  /// The connection that is kept between files in MODE B.
  var data: DrivenSocket?
  var isInBlocks = false
  var isRange: ClosedRange<UInt64>?
  var start: UInt64 = 0
  private var isOver = false
  private var commands = 0

  init(_ server: DrivenServer, _ control: DrivenSocket) {
    self.server = server
    self.control = control
    choices = server.choices
  }

  deinit { dropData() }

  func serve() {
    if choices.isUnlucky(one: 8) { misbehave { self.say("220 ready") } } else { say("220 ready") }
    // Nobody needs more to find out that it is no use.
    while !isOver, commands < 400, let line = control.line() {
      commands += 1
      let parts = line.split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
      let verb = String(decoding: parts.first ?? [], as: UTF8.self).uppercased()
      let argument = parts.count > 1 ? Array(parts[1]) : []
      let wasGood = choices.next() < 192
      if wasGood { answer(verb, argument) } else { misbehave { self.answer(verb, argument) } }
    }
  }

  func say(_ text: String) { control.send(Array("\(text)\r\n".utf8)) }

  func hangUp() {
    isOver = true
    control.cut()
  }

  func dropData() {
    for socket in [listener, data].compactMap(\.self) {
      socket.cut()
      server.forget(socket)
    }
    (listener, data) = (nil, nil)
  }

  /// Does something else than it should, or more, or less.
  private func misbehave(_ right: () -> Void) {
    switch choices.below(18) {
    case 0: say("\(choices.below(5) + 1)\(choices.below(6))\(choices.below(10)) no words")
    case 1: control.send(choices.text(upTo: 80) + [0x0D, 0x0A])
    case 2:
      say("421 bye")
      hangUp()
    case 3: hangUp()
    case 4:
      control.reset()
      isOver = true
    case 5:
      right()
      say("226 once more")
    case 6:
      say("226 done already")
      right()
    case 7:
      say(["500 what?", "501 how?", "502 not here", "504 not so", "530 not you", "550 no such file"][choices.below(6)])
    case 8:
      control.send(
        Array("220-first\r\n 220 not last\r\n221 other code\r\n".utf8) + choices.text(upTo: 40) + [0x0D, 0x0A])
      say("220 last")
    case 9: say(["425 no data", "426 broken", "450 busy", "451 mine", "452 full", "552 too much"][choices.below(6)])
    case 10:
      say("150 wait")
      right()
    case 11: say(["331 who?", "350 more", "332 account", "120 later"][choices.below(4)])
    case 12:
      control.send([0xFF, 0xFD, choices.next(), 0xFF, 0xFB, choices.next(), 0xFF, 0xF6])
      right()
    case 13:
      // No line has that many bytes.
      control.send([UInt8](repeating: 0x61, count: 150_000))
      hangUp()
    case 14:
      for byte in Array("200 slowly\r\n".utf8) { control.send([byte]) }
    case 15:
      control.send(Array("229 Here (|||".utf8) + choices.text(upTo: 12) + Array("|)\r\n".utf8))
    case 16:
      control.send(Array("227 Here (".utf8) + choices.text(upTo: 24) + Array(")\r\n".utf8))
    default:
      // Not a word, and then the end: silence by itself is what other tests have.
      usleep(20_000)
      hangUp()
    }
  }

  private func answer(_ verb: String, _ argument: [UInt8]) {
    switch verb {
    case "USER": say("331 who?")
    case "PASS": say("230 in")
    case "FEAT": features()
    case "AUTH": choices.isUnlucky(one: 4) ? say("234 go on") : say("500 what?")
    case "SYST": say("215 UNIX Type: L8")
    case "PWD", "XPWD": say("257 \"/\" is here")
    case "MKD": say("257 \"/made\" made")
    case "RNFR": say("350 more")
    case "MDTM", "MFMT": say("213 20260101000000")
    case "SIZE": say("213 \(size(argument))")
    case "MLST":
      control.send(Array("250-it is\r\n type=file;size=\(size(argument));modify=20260101000000; ".utf8) + argument)
      say("\r\n250 that")
    case "HASH": say("213 SHA-256 0-\(size(argument)) \(String(repeating: "ab", count: 32)) file")
    case "MODE":
      isInBlocks = argument == [0x42]
      say("200 ok")
    case "REST":
      start = UInt64(String(decoding: argument, as: UTF8.self)) ?? 0
      say("350 more")
    case "RANG":
      let numbers = String(decoding: argument, as: UTF8.self).split(separator: " ").compactMap { UInt64($0) }
      isRange = numbers.count == 2 && numbers[0] <= numbers[1] ? numbers[0]...numbers[1] : nil
      say("350 more")
    case "EPSV", "PASV": passive(verb)
    case "PORT", "EPRT": active(argument)
    case "LIST", "MLSD", "NLST": sendListing(verb)
    case "RETR": send(content(argument))
    case "STOR", "APPE", "STOU": receive()
    case "ABOR": say("226 nothing there")
    case "QUIT":
      say("221 bye")
      hangUp()
    case "ALLO", "TYPE", "STRU", "OPTS", "NOOP", "CWD", "CDUP", "DELE", "RMD", "RNTO", "SITE", "PBSZ", "PROT", "CLNT":
      say("250 done")
    default: say("500 what?")
    }
  }

  private func features() {
    let all = [
      "MLST type*;size*;modify*;UNIX.mode*;", "MDTM", "SIZE", "REST STREAM", "UTF8", "MFMT", "RANG STREAM",
      "HASH SHA-256*;SHA-1", "TVFS", "LIMITS", "COMB", "SITE SYMLINK;CHMOD", "AVBL", "MODE Z",
    ]
    let chosen = Int(choices.next()) | Int(choices.next()) << 8
    var text = Array("211-These:\r\n".utf8)
    for (index, feature) in all.enumerated() where chosen >> index & 1 == 0 { text += Array(" \(feature)\r\n".utf8) }
    if choices.isUnlucky(one: 4) { text += [0x20] + choices.text(upTo: 60) + [0x0D, 0x0A] }
    control.send(text)
    say("211 End")
  }

  /// The size that is told of a file, which follows from its name.
  func size(_ path: [UInt8]) -> UInt64 {
    let name = path.split(separator: 0x2F).last ?? []
    return choices.isUnlucky(one: 8)
      ? UInt64(choices.next()) << (choices.next() % 56) : UInt64(name.reduce(0) { $0 + Int($1) } % 3000)
  }

  /// The bytes of a file, behind what REST or RANG has skipped.
  private func content(_ path: [UInt8]) -> [UInt8] {
    let name = path.split(separator: 0x2F).last ?? []
    let whole = (0..<(name.reduce(0) { $0 + Int($1) } % 3000)).map { UInt8(truncatingIfNeeded: $0) }
    if let range = isRange {
      return Array(whole.dropFirst(Int(clamping: range.lowerBound)).prefix(Int(clamping: range.count)))
    }
    return Array(whole.dropFirst(Int(clamping: start)))
  }
}
