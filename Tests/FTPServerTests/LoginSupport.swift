// What tests that log in share: the hash of a password, and a log that keeps what it is told.

import Logging
import Synchronization

enum SampleHash {
  /// Of the password `secret`.
  static let ofSecret =
    "$6$dialogue$LhHnpK.QIg5cFa/rm0fOQsY8RQYq0F..haodG5bv1Y" + "kLzCRdne4/rmA1u7U4R8fuv1kXiyl6WxkH6o89TxWVP1"
}

/// Keeps the messages that were logged as errors.
final class LogTexts: LogHandler {
  private let texts = Mutex<[String]>([])

  var errors: [String] { texts.withLock { $0 } }

  var logLevel: Logger.Level {
    get { .error }
    set {}
  }
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { texts.withLock { $0.append("\(event.message)") } }
}
