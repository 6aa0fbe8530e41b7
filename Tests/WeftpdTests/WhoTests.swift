// Tests the table of sessions: widths, names nobody's terminal obeys, rates, order, filter, keys.

import ControlProtocol
import Testing

@testable import weftpd

@Suite struct WhoTests {
  private func session(
    _ id: UInt64, _ user: String = "alice", path: String? = nil, bytes: UInt64 = 0, total: UInt64? = nil,
    time: UInt64 = 5000, paths: [PathEntry] = []
  ) -> SessionEntry {
    SessionEntry(
      id: id, peer: "192.0.2.\(id):4711", user: Array(user.utf8), tls: id == 1 ? "TLSv1.3" : "", isMultipath: false,
      connected: 60_000, idle: id * 1000, verb: "NOOP",
      transfer: path.map {
        TransferEntry(
          verb: "RETR", direction: .download, path: Array($0.utf8), milliseconds: time, total: total, bytes: bytes,
          isPrivate: false, isMultipath: !paths.isEmpty)
      }, paths: paths)
  }

  private func lines(_ sessions: [SessionEntry], width: Int) -> [String] {
    var rates = WhoRates()
    let table = WhoTable(width: width)
    let shown = rates.look(sessions, at: 100_000)
    return [table.header.text] + shown.flatMap { table.lines($0, showsPaths: true) }.map { $0.map(\.text).joined() }
  }

  @Test(arguments: [60, 80, 100, 132, 200]) func everyLineFits(width: Int) {
    let path = PathEntry(
      local: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:20", remote: "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:4711",
      bytes: .max, isLive: false, roundTripMicroseconds: .max, retransmissions: 0)
    let long = String(repeating: "/directory", count: 30) + "/文件😀e\u{301}.iso"
    let all = lines(
      [
        session(1), session(99_999, "a name that is long", path: long, bytes: 5, total: 7), session(3, ""),
        session(4, path: long, bytes: .max, paths: [path, path]),
      ], width: width)
    #expect(all.count == 7)
    for line in all { #expect(DisplayText.columns(line) <= width, "\(line)") }
  }

  @Test func eightyColumnsTellWhoDoesWhat() {
    let all = lines(
      [session(1), session(2, path: "/images/debian.iso", bytes: 50_000_000, total: 100_000_000)], width: 80)
    #expect(
      all == [
        "   ID USER     ADDRESS         SM DOES FILE             PROGRESS      RATE  TIME",
        "    1 alice    192.0.2.1       S- idle                                        1s",
        "    2 alice    192.0.2.2       -- RETR …ages/debian.iso ###...  50%  10.0M    5s",
      ])
  }

  @Test func namesOfClientsSteerNoTerminal() {
    let evil = "\u{1B}]0;title\u{07}\u{9B}31m\u{202E}\nroot"
    let all = lines([session(2, evil, path: "/" + evil)], width: 200)
    for line in all {
      for scalar in line.unicodeScalars {
        #expect(scalar.value >= 0x20 && !(0x7F...0x9F ~= scalar.value) && scalar.value != 0x202E, "\(line)")
      }
    }
    #expect(all[1].contains("\\x1b]0;title\\x07"))
  }

  @Test func ratesAreThoseBetweenTwoLooks() {
    var rates = WhoRates()
    #expect(rates.look([session(1, path: "/a", bytes: 10_000, time: 5000)], at: 100_000)[0].rate == 2000)
    #expect(rates.look([session(1, path: "/a", bytes: 16_000, time: 7000)], at: 102_000)[0].rate == 3000)
    // Another transfer of the same session begins anew.
    #expect(rates.look([session(1, path: "/b", bytes: 20_000, time: 1000)], at: 103_500)[0].rate == 20_000)
    #expect(rates.look([session(1)], at: 104_000)[0].rate == nil)
    func path(_ bytes: UInt64) -> PathEntry {
      PathEntry(local: "a", remote: "b", bytes: bytes, isLive: true, roundTripMicroseconds: 1, retransmissions: 0)
    }
    _ = rates.look([session(2, path: "/a", bytes: 1, paths: [path(100)])], at: 110_000)
    let second = rates.look([session(2, path: "/a", bytes: 9, time: 6000, paths: [path(1100)])], at: 111_000)
    #expect(second[0].pathRates == [1000])
  }

  @Test func orderAndFilter() {
    var rates = WhoRates()
    let all = rates.look(
      [session(1, "zoe"), session(2, "bob", path: "/Slow.iso", bytes: 10), session(3, "amy", path: "/b", bytes: 1000)],
      at: 100_000)
    func ids(_ change: (inout WhoChoice) -> Void) -> [UInt64] {
      var choice = WhoChoice()
      change(&choice)
      return choice.apply(all).map(\.entry.id)
    }
    // Outside of the macro, which would make `$0` immutable.
    let cases: [([UInt64], [UInt64])] = [
      (ids { _ in }, [1, 2, 3]), (ids { $0.order = .user }, [3, 2, 1]), (ids { $0.order = .rate }, [3, 2, 1]),
      (ids { $0.order = .idle }, [1, 2, 3]), (ids { $0.isReversed = true }, [3, 2, 1]),
      (ids { $0.onlyActive = true }, [2, 3]), (ids { $0.filter = "slow" }, [2]), (ids { $0.filter = "192.0.2.3" }, [3]),
      (ids { $0.filter = "nobody" }, []),
    ]
    for (shown, wanted) in cases { #expect(shown == wanted) }
  }

  @Test func keysOfATerminal() {
    #expect(Terminal.keys(Array("sq".utf8)) == [.character("s"), .character("q")])
    #expect(Terminal.keys(Array("\u{1B}[A\u{1B}[6~\r".utf8)) == [.up, .pageDown, .enter])
    #expect(Terminal.keys([0x1B]) == [.escape])
    #expect(Terminal.keys(Array("\u{1B}[1;5Cx".utf8)) == [.character("x")])
    #expect(Terminal.keys([0x03]) == [.end])
  }

  @Test func theScreenIsSteeredByKeys() {
    var screen = WhoScreen(WhoChoice(), every: .seconds(1), colours: false)
    /// Presses keys; whether the screen stays. Outside of the macro, which would make the screen immutable.
    func stays(_ keys: Terminal.Key...) -> Bool { keys.allSatisfy { screen.press($0) } }
    var answers = [stays(.character("s"))]
    #expect(screen.choice.order == .user)
    answers.append(stays(.character("/"), .character("i"), .character("s"), .backspace, .enter))
    #expect(screen.choice.filter == "i")
    answers.append(stays(.escape))
    #expect(screen.choice.filter.isEmpty)
    let empty = screen.lines(80, 10)
    #expect(empty.count == 10)
    answers.append(stays(.character("?")))
    let help = screen.lines(80, 24)
    #expect(help.first?.contains("sessions of a running server") == true)
    // Any key goes back, and does nothing else.
    answers.append(stays(.character("q")))
    #expect(!answers.contains(false))
    let isOver = !stays(.character("q"))
    #expect(isOver)
  }

  @Test func jsonIsWholeAndExact() {
    var rates = WhoRates()
    let name: [UInt8] = [0x61, 0xFF, 0x22]
    var entry = session(2, path: "/\"\u{1B}", bytes: 5, total: 10)
    entry.user = name
    let status = StatusEntry(
      version: "1", process: 1, uptime: 1, isDraining: false, level: .info, listeners: [], sessions: 1, transfers: 1,
      completed: 0, failed: 0, sent: 0, received: 0, multipath: 0, fallbacks: 0, watchers: 1)
    let text = WhoJSON.text(status, rates.look([entry], at: 10_000), at: 0)
    #expect(text.hasSuffix("}]}\n"))
    #expect(text.contains("\"user\":\"a\\\\xff\\\"\",\"user_hex\":\"61ff22\""))
    #expect(text.contains("\"path\":\"/\\\"\\u001b\""))
    #expect(text.contains("\"bytes\":5,\"total\":10"))
  }
}
