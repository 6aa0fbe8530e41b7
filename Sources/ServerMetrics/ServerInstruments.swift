// What is counted as it happens: the swift-metrics instruments that sessions' workers write to.

import CoreMetrics
import FTPServer
import FTPTransfer
import MultipathTCP
import OpenMetrics

/// The instruments of a server. All are made at the start, so that counting allocates nothing and looks nothing up.
public final class ServerInstruments: ServerMeter {
  /// The classes of replies, 1xx to 5xx.
  private static let classes = 5

  private let commands: [HistogramSeries]
  private let transfers: [Counter]
  private let bytes: [Counter]
  private let failures: [Counter]
  private let fallbacks: [Counter]
  private let subflows: Counter
  private let quotaRefusals: Counter
  private let sessions: Counter
  private let accepted: Counter
  private let loginFailures: [Counter]
  private let refusals: [Counter]
  private let commits: CoreMetrics.Timer
  private let partialsKept: Counter
  private let partialsRemovedTotal: Counter

  /// What tells transfers apart, in the order of the labels.
  private static let directions: [TransferDirection] = [.download, .upload, .listing]
  private static let kinds = ["image", "text", "compressed"]
  private static let answers = ["no", "yes"]
  private static let results = ["completed", "failed"]
  /// What data connections that were to be multipath were instead.
  private static let reasons: [(Negotiation, name: String)] = [
    (.tcp, "client_without_multipath"), (.fellBack, "fell_back"), (.undecided, "undecided"), (.unknown, "unknown"),
  ]

  /// - Parameter registry: where the series are kept; its catalogue is ``MetricsCatalogue/all``.
  public init(_ registry: MetricsRegistry) {
    func counter(_ name: String, _ labels: (String, String)...) -> Counter {
      Counter(label: name, dimensions: labels, factory: registry)
    }
    commands = (FTPServer.commandNames + ["other"]).flatMap { verb in
      (1...Self.classes).map { number in
        registry.histogram("weftpd_command_duration_seconds", [("verb", verb), ("reply", "\(number)xx")])
      }
    }
    var transfers: [Counter] = []
    var bytes: [Counter] = []
    for direction in Self.directions {
      for tls in Self.answers {
        for multipath in Self.answers {
          let labels = [("direction", direction.rawValue), ("tls", tls), ("multipath", multipath)]
          bytes.append(Counter(label: "weftpd_transfer_bytes_total", dimensions: labels, factory: registry))
          for kind in Self.kinds {
            for result in Self.results {
              transfers.append(
                Counter(
                  label: "weftpd_transfers_total", dimensions: labels + [("kind", kind), ("result", result)],
                  factory: registry))
            }
          }
        }
      }
    }
    self.transfers = transfers
    self.bytes = bytes
    failures = TransferFailure.allCases.map { counter("weftpd_transfer_failures_total", ("cause", $0.rawValue)) }
    fallbacks = Self.reasons.map { counter("weftpd_multipath_fallbacks_total", ("reason", $0.name)) }
    subflows = counter("weftpd_multipath_subflows_total")
    quotaRefusals = counter("weftpd_quota_refusals_total")
    sessions = counter("weftpd_sessions_total")
    accepted = counter("weftpd_logins_total", ("result", "accepted"))
    loginFailures = LoginFailure.allCases.map { counter("weftpd_logins_total", ("result", $0.rawValue)) }
    refusals = ConnectionRefusal.allCases.map { counter("weftpd_refused_connections_total", ("reason", $0.rawValue)) }
    commits = CoreMetrics.Timer(label: "weftpd_upload_commit_duration_seconds", factory: registry)
    partialsKept = counter("weftpd_upload_partials_kept_total")
    partialsRemovedTotal = counter("weftpd_upload_partials_removed_total")
  }

  // MARK: what the server tells

  public func commandEnded(_ command: MeasuredCommand) {
    let number = Int(command.reply / 100)
    guard (1...Self.classes).contains(number) else { return }
    commands[command.index * Self.classes + number - 1].record(
      nanoseconds: command.nanoseconds, of: Exemplar(session: command.session, request: command.request))
  }

  public func transferEnded(_ outcome: TransferOutcome) {
    guard let place = Self.place(outcome.direction, outcome.isPrivate, outcome.connection?.isMultipath ?? false) else {
      return
    }
    let kind = outcome.isCompressed ? 2 : outcome.isText ? 1 : 0
    let result = outcome.isComplete ? 0 : 1
    transfers[(place * Self.kinds.count + kind) * Self.results.count + result].increment()
    bytes[place].increment(by: outcome.bytes)
    switch outcome.connection {
    case .multipath(let report): subflows.increment(by: report.paths.count)
    case .notMultipath(let negotiation):
      if let index = Self.reasons.firstIndex(where: { $0.0 == negotiation }) { fallbacks[index].increment() }
    case .plain, nil: break
    }
    guard let failure = outcome.failure else { return }
    if let index = TransferFailure.allCases.firstIndex(of: failure) { failures[index].increment() }
    if outcome.direction == .upload, outcome.reply == 552 || outcome.reply == 452 { quotaRefusals.increment() }
  }

  /// Where the bytes of such transfers are counted; nil for work on files, which has no data connection.
  static func place(_ direction: TransferDirection, _ isPrivate: Bool, _ isMultipath: Bool) -> Int? {
    guard let index = directions.firstIndex(of: direction) else { return nil }
    return (index * 2 + (isPrivate ? 1 : 0)) * 2 + (isMultipath ? 1 : 0)
  }

  /// The values of the labels of that place.
  static func labels(ofPlace place: Int) -> [String] {
    [directions[place / 4].rawValue, answers[place / 2 % 2], answers[place % 2]]
  }

  static var places: Int { directions.count * 4 }

  public func happened(_ kind: SessionEvent.Kind) {
    switch kind {
    case .sessionEnded: sessions.increment()
    case .login: accepted.increment()
    default: break
    }
  }

  public func loginFailed(_ why: LoginFailure) {
    if let index = LoginFailure.allCases.firstIndex(of: why) { loginFailures[index].increment() }
  }

  public func connectionRefused(_ why: ConnectionRefusal) {
    if let index = ConnectionRefusal.allCases.firstIndex(of: why) { refusals[index].increment() }
  }

  public func uploadCommitted(nanoseconds: Int64) { commits.recordNanoseconds(nanoseconds) }
  public func partialKept() { partialsKept.increment() }
  public func partialsRemoved(_ count: Int) { partialsRemovedTotal.increment(by: count) }
}

extension DataConnectionReport {
  fileprivate var isMultipath: Bool { if case .multipath = self { true } else { false } }
}
