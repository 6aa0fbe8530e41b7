// What is shown of the sessions of a server: with their rates, in which order, and which of them.

import ControlProtocol

/// The orders of the table.
enum WhoOrder: String, CaseIterable {
  case id, user, address, rate, bytes, time, idle

  var next: WhoOrder {
    let all = WhoOrder.allCases
    let index = all.firstIndex(of: self) ?? 0
    return all[(index + 1) % all.count]
  }
}

/// A session with what two looks at it tell.
struct WhoSession {
  let entry: SessionEntry
  /// Bytes per second since the last look, or since the transfer began; nil when there is nothing to tell it from.
  let rate: UInt64?
  /// The same for each of its paths.
  let pathRates: [UInt64?]
}

/// Remembers what moved, to tell how fast.
struct WhoRates {
  private struct Look {
    let time: UInt64
    let started: UInt64
    let bytes: UInt64
    let paths: [String: UInt64]
    let rate: UInt64?
  }

  private var last: [UInt64: Look] = [:]

  /// The sessions of a look at `milliseconds` of any clock that never jumps.
  mutating func look(_ sessions: [SessionEntry], at milliseconds: UInt64) -> [WhoSession] {
    var looks: [UInt64: Look] = [:]
    let result = sessions.map { entry -> WhoSession in
      guard let transfer = entry.transfer else { return WhoSession(entry: entry, rate: nil, pathRates: []) }
      // A transfer is known again by when it began; the clocks of two looks differ a little.
      let started = milliseconds &- transfer.milliseconds
      let before = last[entry.id].flatMap { look in
        look.started.distance(to: started).magnitude < 200 && transfer.bytes >= look.bytes ? look : nil
      }
      let rate: UInt64?
      if let before {
        rate = Self.rate(transfer.bytes - before.bytes, milliseconds &- before.time) ?? before.rate
      } else {
        rate = Self.rate(transfer.bytes, transfer.milliseconds)
      }
      let pathRates = entry.paths.map { path -> UInt64? in
        guard let old = before?.paths[path.local + path.remote], path.bytes >= old, let before else { return nil }
        return Self.rate(path.bytes - old, milliseconds &- before.time)
      }
      looks[entry.id] = Look(
        time: milliseconds, started: before?.started ?? started, bytes: transfer.bytes,
        paths: Dictionary(entry.paths.map { ($0.local + $0.remote, $0.bytes) }) { $1 }, rate: rate)
      return WhoSession(entry: entry, rate: rate, pathRates: pathRates)
    }
    last = looks
    return result
  }

  private static func rate(_ bytes: UInt64, _ milliseconds: UInt64) -> UInt64? {
    // Too short to tell anything.
    guard milliseconds >= 50 else { return nil }
    let (product, overflow) = bytes.multipliedReportingOverflow(by: 1000)
    return overflow ? bytes / milliseconds * 1000 : product / milliseconds
  }
}

/// Which sessions are shown, and in which order.
struct WhoChoice {
  var order = WhoOrder.id
  var isReversed = false
  /// Only sessions of which something shown contains this, in any case of letters.
  var filter = ""
  /// Only sessions with a transfer.
  var onlyActive = false
  var showsPaths = true

  func apply(_ sessions: [WhoSession]) -> [WhoSession] {
    let wanted = filter.lowercased()
    let chosen = sessions.filter { session in
      if onlyActive, session.entry.transfer == nil { return false }
      guard !wanted.isEmpty else { return true }
      let entry = session.entry
      let texts = [
        printable(entry.user), entry.peer, entry.transfer?.verb ?? entry.verb, printable(entry.transfer?.path ?? []),
        "\(entry.id)",
      ]
      return texts.contains { $0.lowercased().contains(wanted) }
    }
    let sorted = chosen.sorted { left, right in
      let (a, b) = (left.entry, right.entry)
      switch order {
      case .id: return a.id < b.id
      case .user: return (printable(a.user), a.id) < (printable(b.user), b.id)
      case .address: return (a.peer, a.id) < (b.peer, b.id)
      // What moves most, what lasts longest comes first.
      case .rate: return (left.rate ?? 0, b.id) > (right.rate ?? 0, a.id)
      case .bytes: return (a.transfer?.bytes ?? 0, b.id) > (b.transfer?.bytes ?? 0, a.id)
      case .time: return (a.connected, b.id) > (b.connected, a.id)
      case .idle: return (a.idleShown, b.id) > (b.idleShown, a.id)
      }
    }
    return isReversed ? sorted.reversed() : sorted
  }
}

extension SessionEntry {
  /// A session with a transfer is not idle.
  var idleShown: UInt64 { transfer == nil ? idle : 0 }
}
