// HELP, STAT, SYST, NOOP (RFC 959, sections 4.1.3 and 4.1.4), FEAT (RFC 2389).

import FTPProtocol
import LinuxSystem

extension Session {
  func noOperation(_ command: Command) throws(FTPError) -> Reply { Reply(200, "OK.") }

  func system(_ command: Command) throws(FTPError) -> Reply { Reply(215, "UNIX Type: L8") }

  func features(_ command: Command) throws(FTPError) -> Reply {
    var lines: [[UInt8]] = []
    for row in CommandTable.rows {
      guard let feature = row.feature, isOffered(row) else { continue }
      switch feature {
      case "MLST": lines.append(parameters.facts.featLine)
      case "HASH": lines.append(digestFeature)
      case "LANG": lines.append(Array(Language.feature(current: extras?.language).utf8))
      default: lines.append(Array(feature.utf8))
      }
    }
    lines.append(Array("TVFS".utf8))
    lines.append(TransferLimits.feature)
    // Names in another character set are not UTF-8 (RFC 2640, section 3.2).
    if extras?.charset == nil { lines.append(Array("UTF8".utf8)) }
    lines.sort { $0.lexicographicallyPrecedes($1) }
    // Exactly one space in front of each (RFC 2389, section 3.2).
    return Reply(211, opening: "Features:", lines: lines.map { [0x20] + $0 }, closing: "End")
  }

  /// Whether the settings let it be: what they deny is neither announced nor listed.
  private func isOffered(_ row: CommandRow) -> Bool {
    switch row.verb {
    case "PASV", "EPSV", "LPSV": configuration.passiveEnabled
    case "PORT", "EPRT", "LPRT": configuration.activeEnabled
    case "AUTH", "PBSZ", "PROT": offersTLS
    case "SSCN", "CPSV": offersTLS && configuration.transfer.siteToSite != .off
    case "CCC": offersTLS && configuration.security.clearsControl
    default: true
    }
  }

  func help(_ command: Command) throws(FTPError) -> Reply {
    if command.argument.isEmpty {
      var lines: [[UInt8]] = []
      var line = ""
      for row in CommandTable.rows where row.isBuilt && !row.traits.contains(.unlisted) && isOffered(row) {
        if line.utf8.count + 8 > 72 {
          lines.append(Array(line.utf8))
          line = ""
        }
        line += "\(row.verb)".padded(to: 6)
      }
      lines.append(Array(line.utf8))
      return Reply(214, opening: "Commands (HELP <command> shows the syntax):", lines: lines, closing: "End")
    }
    let name = command.argument.withUnsafeBytes { Verb($0) }
    if name == "SITE" { return try siteHelp() }
    guard let name, let row = CommandTable.row(name) else { throw .syntax("No such command; HELP lists them.") }
    if row.isBuilt, !isOffered(row) { return Reply(214, "\(row.verb) is switched off here.") }
    return Reply(214, row.isBuilt ? "Syntax: \(row.syntax) (\(row.source))" : "\(row.verb) is not implemented.")
  }

  /// STAT without a pathname: the session, or the transfer that runs.
  func status(_ command: Command) throws(FTPError) -> Reply {
    if let transfer { return transferStatus(transfer) }
    if !command.argument.isEmpty { return try listStatus(command) }
    let login = identity.map { Array("Logged in as ".utf8) + $0.account.name } ?? Array("Not logged in".utf8)
    let port: String
    switch channels.port {
    case .none: port = "No data connection"
    case .passive: port = "In passive mode, waiting for a data connection"
    case .arrived: port = "In passive mode, with a data connection"
    case .active(let target): port = "Data connections go to \(target)"
    }
    // Which addresses the host has besides is for users.
    let connection = identity == nil ? [] : ["Control connection: \(control.report)"]
    let lines = connection + [parameters.format.words, port] + statusDetails
    return Reply(
      211, opening: "weftpd status:",
      lines: [Array("Connected from \(control.peer.address)".utf8), login] + lines.map { Array($0.utf8) },
      closing: "End of status")
  }

  /// Worded as lftp and others read it: "Status: X of Y bytes transferred".
  private func transferStatus(_ transfer: TransferProgress) -> Reply {
    let elapsed = max(1, MonotonicTime.now.since(transfer.started) / 1_000_000)
    let bytes = activity.meter.bytes
    let rate = bytes / UInt64(elapsed) * 1000 / 1024
    let total = transfer.total.map { " of \($0)" } ?? ""
    let text = "Status: \(bytes)\(total) bytes transferred, \(rate) KiB/s, \(transfer.verb) "
    let paths = channels.current?.loggedReport.map { "; data connection: \($0)" } ?? ""
    return Reply(213, bytes: Array(text.utf8) + transfer.path.bytes + Array(paths.utf8))
  }
}

extension String {
  func padded(to width: Int) -> String {
    utf8.count >= width ? self + " " : self + String(repeating: " ", count: width - utf8.count)
  }
}

extension TransferFormat {
  /// For people, as RFC 959 calls type, structure and mode (section 3).
  fileprivate var words: String {
    let type =
      switch self.type {
      case .ascii(let format): "ASCII \(format.words)"
      case .ebcdic(let format): "EBCDIC \(format.words)"
      case .image: "Image"
      }
    let structure =
      switch self.structure {
      case .file: "File"
      case .record: "Record"
      case .page: "Page"
      }
    let mode =
      switch self.mode {
      case .stream: "Stream"
      case .block: "Block"
      case .compressed: "Compressed"
      case .deflate: "Deflate"
      }
    return "TYPE: \(type); STRUcture: \(structure); transfer MODE: \(mode)"
  }
}

extension FormatControl {
  fileprivate var words: String {
    switch self {
    case .nonPrint: "Nonprint"
    case .telnet: "Telnet"
    case .carriageControl: "Carriage Control"
    }
  }
}
