// The options of weftpd-hooks, which weftpd gives it.

/// How to work.
struct HookOptions: Equatable {
  /// The directory where records wait.
  var queue = ""
  /// Bytes that may wait.
  var queueSize: Int64 = 64 << 20
  /// The program and its arguments; empty: none.
  var program: [String] = []
  var url: String?
  var authorities: String?
  var timeout: Int64 = 30_000
  var retryFor: Int64 = 86_400_000
  /// The part that does the work; the other one starts it again when it breaks down.
  var isWorker = false
  /// Whether the pipe is new: what the queue ends with has no continuation then.
  var isFresh = false

  static let usage = """
    usage: weftpd-hooks --queue DIR [--queue-size BYTES] [--program WORD]... [--url URL [--authorities FILE]]
      [--timeout-ms N] [--retry-for-ms N]

    Takes the records of events from weftpd (descriptor 3), keeps them in DIR, and gives each to the program and to the URL.
    weftpd starts it; not to be started by hand.

    """

  /// - Throws: what is wrong, for people.
  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    func number(_ text: String, _ range: ClosedRange<Int64>) throws(UsageError) -> Int64 {
      guard let value = Int64(text), range.contains(value) else {
        throw UsageError(description: "\(text) is not a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    while let option = rest.popFirst() {
      if option == "--worker" {
        isWorker = true
        continue
      }
      if option == "--fresh" {
        isFresh = true
        continue
      }
      guard let value = rest.popFirst() else { throw UsageError(description: "\(option) is unknown, or needs a value") }
      switch option {
      case "--queue": queue = value
      case "--queue-size": queueSize = try number(value, 65_536...(1 << 50))
      case "--program": program.append(value)
      case "--url": url = value
      case "--authorities": authorities = value
      case "--timeout-ms": timeout = try number(value, 1...86_400_000)
      case "--retry-for-ms": retryFor = try number(value, 0...(1 << 50))
      default: throw UsageError(description: "\(option) is unknown")
      }
    }
    guard !queue.isEmpty else { throw UsageError(description: "--queue is missing") }
    guard !program.isEmpty || url != nil else { throw UsageError(description: "neither --program nor --url is given") }
    if let url, !url.hasPrefix("https://") { throw UsageError(description: "\(url) does not begin with https://") }
  }
}

/// What is wrong with the command line.
struct UsageError: Error, Equatable, CustomStringConvertible {
  let description: String
}
