// Lets operators change the book of bans by the control socket.

import Bans
import ControlProtocol
import ControlSocket
import LinuxSystem
import SafeText

/// The book of bans as the control socket knows it.
public struct BanBookKeeper: BanKeeper {
  private let book: BanBook

  public init(_ book: BanBook) { self.book = book }

  public func ban(_ address: String, for limit: Duration?, reason: String) throws(BanRefusal) {
    let subject = try subject(address)
    let now = WallClock.seconds
    book.add(
      Ban(
        subject, since: now, until: limit.map { now + $0.components.seconds }, origin: .operator,
        reason: reason.isEmpty ? "by an operator" : reason))
  }

  public func unban(_ address: String) throws(BanRefusal) -> Bool { book.remove(try subject(address)) }

  public var bans: [BanEntry] {
    let now = WallClock.seconds
    return book.bans.map { ban in
      BanEntry(
        address: "\(ban.subject)", seconds: ban.until.map { UInt32(clamping: max(0, $0 - now)) }, reason: ban.reason)
    }
  }

  private func subject(_ text: String) throws(BanRefusal) -> BanSubject {
    guard let subject = BanSubject(text) else {
      throw BanRefusal("\(quoted(text)) is nobody who can be banned: an address, a network, or user:NAME")
    }
    return subject
  }
}
