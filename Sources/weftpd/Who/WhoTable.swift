// The table of sessions as lines of a terminal.

import ControlProtocol

/// A piece of a line and how it looks.
struct Styled {
  enum Style {
    case plain, header, download, upload, listing, dim, warning

    /// The attributes of ECMA-48, 8.3.117 (SGR).
    var code: String? {
      switch self {
      case .plain: nil
      case .header: "7"
      case .download: "32"
      case .upload: "36"
      case .listing: "33"
      case .dim: "2"
      case .warning: "31"
      }
    }
  }

  var text: String
  var style = Style.plain

  /// The text, in colours if there are to be any.
  func shown(colours: Bool) -> String {
    guard colours, let code = style.code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}

/// The columns of the table for one width of a terminal.
struct WhoTable {
  /// What the columns take, besides one blank between two.
  private struct Widths {
    var id = 5
    var user = 8
    var address = 15
    /// TLS and multipath: a letter each.
    var flags = 2
    var verb = 4
    var file = 12
    var progress = 11
    var rate = 6
    var time = 5

    init(_ width: Int) {
      let fixed = id + flags + verb + rate + time + 8
      var rest = max(0, width - fixed - user - address - progress - file)
      func take(_ most: Int) -> Int {
        let taken = min(most, rest)
        rest -= taken
        return taken
      }
      // First what tells most.
      file += take(14)
      user += take(8)
      progress += take(10)
      file += take(20)
      address += take(24)
      file += rest
    }
  }

  let width: Int
  private let widths: Widths

  init(width: Int) {
    self.width = max(60, width)
    widths = Widths(self.width)
  }

  /// `weftpd 1.0  up 3d04h  12 sessions  4 transfers  33.1 MB/s out  0 B/s in`.
  func summary(_ status: StatusEntry, _ sessions: [WhoSession]) -> Styled {
    func rate(_ direction: [ControlDirection]) -> String {
      let total = sessions.reduce(UInt64(0)) { sum, session in
        guard let transfer = session.entry.transfer, direction.contains(transfer.direction) else { return sum }
        return sum &+ (session.rate ?? 0)
      }
      return Amount.bytes(total) + "/s"
    }
    var text = "weftpd \(printable(status.version))  up \(Amount.time(status.uptime / 1000))  "
    text += "\(status.sessions) session\(status.sessions == 1 ? "" : "s")  "
    text += "\(status.transfers) transfer\(status.transfers == 1 ? "" : "s")  "
    text += "\(rate([.download, .listing])) out  \(rate([.upload])) in"
    if status.isDraining { text = "DRAINING  " + text }
    return Styled(text: DisplayText.fit(text, width), style: status.isDraining ? .warning : .plain)
  }

  var header: Styled {
    let names = [
      DisplayText.fit("ID", widths.id, right: true), DisplayText.fit("USER", widths.user),
      DisplayText.fit("ADDRESS", widths.address), DisplayText.fit("SM", widths.flags),
      DisplayText.fit("DOES", widths.verb), DisplayText.fit("FILE", widths.file),
      DisplayText.fit("PROGRESS", widths.progress), DisplayText.fit("RATE", widths.rate, right: true),
      DisplayText.fit("TIME", widths.time, right: true),
    ]
    return Styled(text: DisplayText.fit(names.joined(separator: " "), width), style: .header)
  }

  /// The lines of a session: one, and one for each of its paths.
  func lines(_ session: WhoSession, showsPaths: Bool) -> [[Styled]] {
    var lines = [line(session)]
    if showsPaths, session.entry.transfer?.isMultipath == true {
      for (path, rate) in zip(session.entry.paths, session.pathRates) { lines.append([line(path, rate)]) }
    }
    if showsPaths, session.entry.transfer != nil, !session.entry.limits.isEmpty {
      let text = "  agreed: " + printable(session.entry.limits)
      lines.append([Styled(text: DisplayText.fit(text, width), style: .dim)])
    }
    return lines
  }

  private func line(_ session: WhoSession) -> [Styled] {
    let entry = session.entry
    let style: Styled.Style =
      switch entry.transfer?.direction {
      case .download: .download
      case .upload: .upload
      case .listing, .fileWork: .listing
      case nil: .dim
      }
    let user = entry.user.isEmpty ? "(login)" : printable(entry.user)
    let flags = (entry.tls.isEmpty ? "-" : "S") + (entry.isMultipath ? "M" : "-")
    let verb = entry.transfer?.verb ?? entry.verb
    let what = [
      DisplayText.fit("\(entry.id)", widths.id, right: true), DisplayText.fit(user, widths.user),
      DisplayText.fit(host(entry.peer), widths.address, cut: .start), flags,
      DisplayText.fit(entry.transfer == nil ? "idle" : printable(verb), widths.verb),
      DisplayText.fit(printable(entry.transfer?.path ?? []), widths.file, cut: .start),
    ]
    let seconds = (entry.transfer?.milliseconds ?? entry.idle) / 1000
    let rest = [
      DisplayText.fit(progress(entry.transfer), widths.progress),
      DisplayText.fit(
        entry.transfer == nil ? "" : session.rate.map { Amount.short($0) } ?? "-", widths.rate, right: true),
      DisplayText.fit(Amount.time(seconds), widths.time, right: true),
    ]
    // Narrower than the columns are at least, it is cut.
    return [Styled(text: DisplayText.fit((what + rest).joined(separator: " "), width), style: style)]
  }

  /// The address without its port: what a person looks for.
  private func host(_ peer: String) -> String {
    guard let colon = peer.lastIndex(of: ":") else { return printable(peer) }
    let host = peer[..<colon]
    return printable(host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host))
  }

  /// `######      42%`, or how much it is if the whole is not known.
  private func progress(_ transfer: TransferEntry?) -> String {
    guard let transfer else { return "" }
    guard let total = transfer.total, total > 0 else { return Amount.bytes(transfer.bytes) }
    let share = min(1, Double(transfer.bytes) / Double(total))
    let room = widths.progress - 5
    let filled = Int(share * Double(room))
    let percent = DisplayText.fit("\(Int(share * 100))%", 5, right: true)
    return String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled) + percent
  }

  /// A path, indented under its session.
  private func line(_ path: PathEntry, _ rate: UInt64?) -> Styled {
    let ends = "\(host(path.local)) < \(host(path.remote))"
    let trip = "\(path.roundTripMicroseconds / 1000).\(path.roundTripMicroseconds % 1000 / 100) ms"
    let figures =
      "\(Amount.bytes(path.bytes))  \(rate.map { Amount.bytes($0) + "/s" } ?? "-")  \(trip)"
      + (path.isLive ? "" : "  stalled")
    let room = width - 8 - 2 - DisplayText.columns(figures)
    let text = "      " + DisplayText.fit(ends, max(10, room)) + "  " + figures
    return Styled(text: DisplayText.fit(text, width), style: path.isLive ? .dim : .warning)
  }
}
