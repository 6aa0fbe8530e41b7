// What others may know of a session while it runs, and the word that ends it.

import Accounts
import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import Reactor
import Synchronization

/// A session as the rest of the server sees it: any thread may read it, and end it. The session alone writes it.
final class SessionActivity: Sendable {
  private struct State {
    var user: [UInt8] = []
    var transfer: TransferFacts?
    var farewell: String?
    var answer: UserEntry??
    var tls = ""
    /// What OPTS LIMITS has agreed on.
    var limits = ""
    /// What each path of the multipath transfer had carried when somebody last asked.
    var paths: [Subflow] = []
    /// Who waits to hear of the session's connections; nil once the session is over.
    var pathQuestions: [@Sendable (SessionPaths?) -> Void]? = []
    /// What the operator says to the client, and the session has not taken yet.
    var words: [String] = []
  }

  /// What the session has been told and has not seen yet.
  private struct News {
    static let end: UInt8 = 1
    static let recheck: UInt8 = 2
    static let answer: UInt8 = 4
    static let policy: UInt8 = 8
    static let paths: UInt8 = 16
    static let words: UInt8 = 32
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
  /// Written for every command, so without a lock.
  private let lastCommand = Atomic<Int64>(MonotonicTime.now.nanoseconds)
  private let lastVerb = Atomic<UInt64>(0)

  init(id: UInt64, peer: SocketAddress, isMultipath: Bool = false, parking: Parking) {
    self.id = id
    self.isMultipath = isMultipath
    self.peer = peer
    self.parking = parking
  }

  // MARK: what the session tells

  /// Who has logged in; empty when nobody has.
  func note(user: [UInt8]) { state.withLock { if $0.user != user { $0.user = user } } }

  /// The client has done something.
  func note(active time: MonotonicTime) { lastCommand.store(time.nanoseconds, ordering: .relaxed) }

  /// A command has come.
  func note(command: Verb) { lastVerb.store(command.packed, ordering: .relaxed) }

  /// What protects the control connection now; empty: nothing.
  func note(tls: String) { state.withLock { $0.tls = tls } }

  /// The limits that client and server have agreed on; empty: none.
  func note(limits: String) { state.withLock { $0.limits = limits } }

  /// A transfer begins.
  func begin(_ transfer: TransferFacts) {
    meter.reset()
    state.withLock { state in
      state.transfer = transfer
      if !state.paths.isEmpty { state.paths = [] }
    }
  }

  /// The transfer runs over a multipath connection.
  func noteMultipath() { state.withLock { $0.transfer?.isMultipath = true } }

  /// How many bytes the transfer will have is known now.
  func note(total: UInt64) { state.withLock { $0.transfer?.total = total } }

  /// The transfer is over.
  func end() { state.withLock { $0.transfer = nil } }

  // MARK: what others do

  /// Who has logged in; empty when nobody has.
  var user: [UInt8] { state.withLock { $0.user } }

  /// The last command; nil before the first.
  var verb: Verb? { Verb(packed: lastVerb.load(ordering: .relaxed)) }

  /// How things stand.
  var summary: SessionSummary {
    let (user, facts, tls, paths, limits) = state.withLock { ($0.user, $0.transfer, $0.tls, $0.paths, $0.limits) }
    return SessionSummary(
      id: id, peer: peer, user: user, connected: connected, transfer: facts, bytes: facts == nil ? 0 : meter.bytes,
      lastActive: MonotonicTime(nanoseconds: lastCommand.load(ordering: .relaxed)),
      verb: verb, tls: tls, isMultipath: isMultipath,
      paths: facts?.isMultipath == true ? paths : [], limits: limits)
  }

  /// Whether a transfer or listing runs.
  var hasTransfer: Bool { state.withLock { $0.transfer.map { $0.direction != .fileWork } ?? false } }

  /// Whether a transfer runs over a multipath connection.
  var hasMultipathTransfer: Bool { state.withLock { $0.transfer?.isMultipath ?? false } }

  /// Has the session end: a transfer is broken off with 426, then the client hears 421 with `text`.
  func end(saying text: String) {
    state.withLock { $0.farewell = $0.farewell ?? text }
    tell(News.end)
  }

  /// Lines of the operator that wait for one client.
  static let wordLimit = 8

  /// Has the client be told `text` with one of the next replies.
  ///
  /// - Returns: false if as much waits already.
  func say(_ text: String) -> Bool {
    let isNew = state.withLock { state in
      guard state.words.count < Self.wordLimit else { return false }
      state.words.append(text)
      return true
    }
    if isNew { tell(News.words) }
    return isNew
  }

  /// Takes what the client is to be told.
  func takeWords() -> [String] {
    state.withLock { state in
      defer { state.words = [] }
      return state.words
    }
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

  /// What has happened that a session acts on.
  struct Told {
    /// Look at the accounts again.
    var wantsRecheck = false
    /// Ask the policy.
    var wantsReview = false
    /// What a slow directory has answered.
    var answer: UserEntry??
    /// Somebody asks for paths.
    var wantsPaths = false
    /// The operator says something.
    var hasWords = false
  }

  /// Takes the news.
  func takeNews() -> Told {
    let news = told.bitwiseAnd(News.end, ordering: .sequentiallyConsistent).oldValue
    var taken = Told(
      wantsRecheck: news & News.recheck != 0, wantsReview: news & News.policy != 0, answer: nil,
      wantsPaths: news & News.paths != 0, hasWords: news & News.words != 0)
    if news & News.answer != 0 {
      taken.answer = state.withLock { state in
        defer { state.answer = nil }
        return state.answer
      }
    }
    return taken
  }

  // MARK: paths

  /// Has the session look at what its paths have carried. Only the session may touch its sockets: another thread could find a descriptor
  /// that is somebody else's by now.
  ///
  /// - Parameter answer: called on a worker with what it has found, or with nil when the session ends before; it must not block.
  /// - Returns: false if the session is over.
  func askForPaths(_ answer: (@Sendable (SessionPaths?) -> Void)? = nil) -> Bool {
    let isAsked = state.withLock { state in
      guard state.pathQuestions != nil else { return false }
      if let answer { state.pathQuestions?.append(answer) }
      return true
    }
    if isAsked { tell(News.paths) }
    return isAsked
  }

  /// Answers those who have asked; nil: the session is over.
  func tellPaths(_ found: SessionPaths?) {
    let questions = state.withLock { state in
      if let found { state.paths = found.data?.paths ?? [] }
      defer { state.pathQuestions = found == nil ? nil : [] }
      return state.pathQuestions ?? []
    }
    for answer in questions { answer(found) }
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
  /// Its data connection is under TLS, or will be.
  public internal(set) var isPrivate = false
  /// Its data connection is multipath.
  public internal(set) var isMultipath = false
}

/// The connections of a session, with what each path of them has carried.
public struct SessionPaths: Sendable {
  public let control: ConnectionReport
  /// The user of this host at the other end of the control connection, where that is a Unix socket; then it has no paths.
  public let localUser: UInt32?
  /// Nil when there is no data connection.
  public let data: ConnectionReport?
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
  /// When the client last did something.
  public let lastActive: MonotonicTime
  /// Its last command; nil before the first.
  public let verb: Verb?
  /// The TLS of the control connection; empty in clear.
  public let tls: String
  /// The control connection is multipath.
  public let isMultipath: Bool
  /// What each path of a multipath transfer had carried when ``FTPServer/refreshPaths()`` last asked; else empty.
  public let paths: [Subflow]
  /// What client and server have agreed on (OPTS LIMITS), as `connections=…;total=…;file=…;connection=…;block=…;`; empty: nothing.
  public let limits: String
}
