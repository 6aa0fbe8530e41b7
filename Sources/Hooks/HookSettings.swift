// What hooks need to know: where records go, of which events, and where they wait.

/// The settings `hooks.*`.
public struct HookSettings: Sendable, Equatable {
  /// A program and its arguments, started without a shell; empty: none.
  public var program: [String] = []
  /// Where records are posted to, `https://…`; nil: nowhere.
  public var url: String?
  /// The PEM file of the authorities that vouch for ``url``; nil: the system's.
  public var authorities: String?
  public var events = HookEvent.allCases
  /// The directory where records wait.
  public var queue: String?
  /// Bytes that may wait there.
  public var queueSize = 64 << 20
  /// How long one delivery may take.
  public var timeout: Duration = .seconds(30)
  /// How long a record is tried again before it is given up.
  public var retryFor: Duration = .seconds(86_400)

  public init() {}

  /// Whether somebody is to be told.
  public var isEnabled: Bool { !program.isEmpty || url != nil }

  /// The arguments of weftpd-hooks.
  var arguments: [String] {
    var arguments = [
      "--queue", queue ?? "", "--queue-size", String(queueSize), "--timeout-ms", String(timeout.inMilliseconds),
      "--retry-for-ms", String(retryFor.inMilliseconds),
    ]
    if let url { arguments += ["--url", url] }
    if let authorities { arguments += ["--authorities", authorities] }
    for word in program { arguments += ["--program", word] }
    return arguments
  }
}

extension Duration {
  fileprivate var inMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
