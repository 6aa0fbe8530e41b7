// weftpd who on a terminal: the table that keeps itself up to date, and the keys that steer it.

import ControlProtocol
import ControlSocket
import Glibc
import LinuxSystem

/// The live table.
struct WhoScreen {
  var choice: WhoChoice
  let interval: Duration
  let colours: Bool
  private var rates = WhoRates()
  private var sessions: [WhoSession] = []
  private var status: StatusEntry?
  /// The first session that is shown.
  private var top = 0
  /// What is being typed after `/`; nil when nothing is.
  private var typed: String?
  /// Told in place of the keys: that the server is gone.
  private var notice: String?
  private var isHelpShown = false

  init(_ choice: WhoChoice, every interval: Duration, colours: Bool) {
    self.choice = choice
    self.interval = interval
    self.colours = colours
  }

  /// Shows the table until `q` is pressed or the terminal is gone. A server that is gone is waited for.
  mutating func run(_ path: String, _ first: consuming ControlClient) throws(ControlClientError) {
    guard let terminal = Terminal() else { return }
    var client: ControlClient? = consume first
    var next = MonotonicTime.now
    var isOver = false
    while !isOver {
      if MonotonicTime.now >= next {
        look(path, &client)
        next = MonotonicTime.now.advanced(by: interval.inNanoseconds)
      }
      draw()
      let pause = Int32(clamping: max(0, next.since(.now)) / 1_000_000 + 1)
      for key in terminal.keys(within: pause) where !press(key) { isOver = true }
    }
    terminal.giveBack()
  }

  private mutating func look(_ path: String, _ client: inout ControlClient?) {
    do throws(ControlClientError) {
      if client == nil { client = try ControlClient(path: path) }
      let found = try client?.sessions(refreshingPaths: true) ?? []
      status = try client?.status()
      sessions = rates.look(found, at: UInt64(max(0, MonotonicTime.now.nanoseconds) / 1_000_000))
      notice = nil
    } catch {
      client = nil
      sessions = []
      notice = "\(error); trying again"
    }
  }

  /// Acts on a key; false to end.
  mutating func press(_ key: Terminal.Key) -> Bool {
    if typed != nil { return type(key) }
    if isHelpShown, key != .end {
      isHelpShown = false
      return true
    }
    switch key {
    case .end, .character("q"): return false
    case .character("s"): choice.order = choice.order.next
    case .character("r"): choice.isReversed.toggle()
    case .character("i"): choice.onlyActive.toggle()
    case .character("p"): choice.showsPaths.toggle()
    case .character("/"): typed = choice.filter
    case .character("?"), .character("h"): isHelpShown = true
    case .escape: choice.filter = ""
    case .up, .character("k"): top = max(0, top - 1)
    case .down, .character("j"): top += 1
    case .pageUp: top = max(0, top - 10)
    case .pageDown: top += 10
    case .home: top = 0
    default: break
    }
    return true
  }

  private mutating func type(_ key: Terminal.Key) -> Bool {
    switch key {
    case .end: return false
    case .enter: typed = nil
    case .escape: (typed, choice.filter) = (nil, "")
    case .backspace: typed = String((typed ?? "").dropLast())
    case .character(let character): typed = (typed ?? "") + String(character)
    default: break
    }
    if let typed { choice.filter = typed }
    return true
  }

  private mutating func draw() {
    let (columns, rows) = Terminal.size() ?? (80, 24)
    // What the terminal shows already is written over, so that nothing flickers; EL clears the rest of a line, ED that of the screen.
    let text = lines(columns, rows).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
    write("\u{1B}[H" + text + "\u{1B}[J", to: STDOUT_FILENO)
  }

  /// The screen as lines, as many as there is room for.
  mutating func lines(_ columns: Int, _ rows: Int) -> [String] {
    let table = WhoTable(width: columns)
    if isHelpShown { return Array(Self.help.prefix(rows)) }
    let chosen = choice.apply(sessions)
    top = min(top, max(0, chosen.count - 1))
    var lines: [Styled] = []
    if let status { lines.append(table.summary(status, sessions)) }
    lines.append(table.header)
    let room = max(1, rows - lines.count - 1)
    var body: [Styled] = []
    for session in chosen.dropFirst(top) {
      let more = table.lines(session, showsPaths: choice.showsPaths).compactMap(\.first)
      if body.count + more.count > room { break }
      body += more
    }
    lines += body
    while lines.count < rows - 1 { lines.append(Styled(text: "")) }
    lines.append(footer(chosen.count, columns))
    return lines.map { $0.shown(colours: colours) }
  }

  private func footer(_ shown: Int, _ columns: Int) -> Styled {
    if let notice { return Styled(text: DisplayText.fit(printable(notice), columns), style: .warning) }
    if let typed { return Styled(text: DisplayText.fit("filter: \(typed)_", columns)) }
    var text = "q quit  s sort: \(choice.order.rawValue)\(choice.isReversed ? " reversed" : "")  r reverse  "
    text += "i \(choice.onlyActive ? "all" : "active")  p paths  / filter"
    if !choice.filter.isEmpty { text += ": \(choice.filter)" }
    text += "  ? help"
    if shown < sessions.count { text += "  (\(shown) of \(sessions.count))" }
    return Styled(text: DisplayText.fit(text, columns), style: .dim)
  }

  private static let help = [
    "weftpd who: the sessions of a running server", "",
    "  s       sort by the next of id, user, address, rate, bytes, time, idle",
    "  r       reverse the order", "  i       only sessions with a transfer, or all",
    "  p       show or hide the paths of multipath transfers",
    "  /       filter by user, address, command or file; Esc takes the filter away",
    "  up, down, page up, page down, home    move in the list", "  q       quit", "",
    "  S: control connection under TLS, M: multipath TCP.",
    "  TIME: how long the transfer runs, or how long the session has been idle.", "", "Any key goes back.",
  ]
}
