// What others may know of a session while it runs, and the word that ends it.

import Accounts
import FTPProtocol
import FTPTransfer
import LinuxSystem
import Reactor
import Synchronization

/// A session as the rest of the server sees it: any thread may read it, and end it. The session alone writes it.
final class SessionActivity: Sendable {
  private struct State {
    var user: [UInt8] = []
    var transfer: TransferFacts?
    var farewell: String?
    var answer: UserEntry??
  }

  /// What the session has been told and has not seen yet.
  private struct News {
    static let end: UInt8 = 1
    static let recheck: UInt8 = 2
    static let answer: UInt8 = 4
    static let policy: UInt8 = 8
  }

  let id: UInt64
  let peer: SocketAddress
  let connected = MonotonicTime.now
  /// Counts the bytes of the transfer that runs.
  let meter = TransferMeter()
  let parking: Parking
  /// Whether the control connection may have several paths.
  let isMultipath: Bool
  private let state = Mutex(State())
  private let told = Atomic<UInt8>(0)

  init(id: UInt64, peer: SocketAddress, isMultipath: Bool = false, parking: Parking) {
    self.id = id
    self.isMultipath = isMultipath
    self.peer = peer
    self.parking = parking
  }

  // MARK: what the session tells

  /// Who has logged in; empty when nobody has.
  func note(user: [UInt8]) { state.withLock { if $0.user != user { $0.user = user } } }

  /// A transfer begins.
  func begin(_ transfer: TransferFacts) {
    meter.reset()
    state.withLock { $0.transfer = transfer }
  }

  /// How many bytes the transfer will have is known now.
  func note(total: UInt64) { state.withLock { $0.transfer?.total = total } }

  /// The transfer is over.
  func end() { state.withLock { $0.transfer = nil } }

  // MARK: what others do

  /// Who has logged in; empty when nobody has.
  var user: [UInt8] { state.withLock { $0.user } }

  /// How things stand.
  var summary: SessionSummary {
    let (user, facts) = state.withLock { ($0.user, $0.transfer) }
    return SessionSummary(
      id: id, peer: peer, user: user, connected: connected, transfer: facts, bytes: facts == nil ? 0 : meter.bytes)
  }

  /// Whether a transfer or listing runs.
  var hasTransfer: Bool { state.withLock { $0.transfer.map { $0.direction != .fileWork } ?? false } }

  /// Has the session end: a transfer is broken off with 426, then the client hears 421 with `text`.
  func end(saying text: String) {
    state.withLock { $0.farewell = $0.farewell ?? text }
    tell(News.end)
  }

  /// Whether the session has been told to end.
  var isTold: Bool { told.load(ordering: .relaxed) & News.end != 0 }

  /// What the client is to hear.
  var farewell: String? { isTold ? state.withLock { $0.farewell } : nil }

  /// Has the session look whether its login still holds, because the accounts have changed.
  func recheck() { tell(News.recheck) }

  /// Has the session ask the policy about its client and its user.
  func reviewPolicy() { tell(News.policy) }

  /// Gives the session what a slow directory says about its user now.
  func answer(_ entry: UserEntry?) {
    state.withLock { $0.answer = .some(entry) }
    tell(News.answer)
  }

  /// Whether there is something about the login to be looked at.
  var hasNews: Bool { told.load(ordering: .relaxed) & ~News.end != 0 }

  /// Takes the news: whether to look at the accounts again, whether to ask the policy, and what a slow directory has answered.
  func takeNews() -> (wantsRecheck: Bool, wantsReview: Bool, answer: UserEntry??) {
    let news = told.bitwiseAnd(News.end, ordering: .sequentiallyConsistent).oldValue
    let wantsReview = news & News.policy != 0
    guard news & News.answer != 0 else { return (news & News.recheck != 0, wantsReview, nil) }
    let answer = state.withLock { state in
      defer { state.answer = nil }
      return state.answer
    }
    return (news & News.recheck != 0, wantsReview, answer)
  }

  private func tell(_ news: UInt8) {
    told.bitwiseOr(news, ordering: .sequentiallyConsistent)
    parking.wake()
  }
}

/// A transfer as others see it.
public struct TransferFacts: Sendable {
  /// The command, for example `RETR`.
  public let verb: Verb
  public let direction: TransferDirection
  /// The virtual path as its bytes.
  public let path: [UInt8]
  public let started: MonotonicTime
  /// Bytes it will have when it is done; nil when that is not known.
  public internal(set) var total: UInt64?
}

/// A session at one moment.
public struct SessionSummary: Sendable {
  /// The number of the session, unique while the process lives.
  public let id: UInt64
  public let peer: SocketAddress
  /// The user's name as its bytes; empty before a login.
  public let user: [UInt8]
  public let connected: MonotonicTime
  /// The transfer that runs; nil when none does.
  public let transfer: TransferFacts?
  /// Bytes the transfer has moved until now.
  public let bytes: UInt64
}
