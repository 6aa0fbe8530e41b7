// The options of weftpd-authd, read without a library: a process that is root carries as little as can be.

import Glibc
import LinuxSystem

/// How to work.
struct Options: Equatable {
  /// The PAM services that may be asked for.
  var services: [String] = []
  /// Users with a lower id are refused, whatever a request says.
  var minimumUser: UInt32 = 1
  /// Conversations at one time.
  var conversations = 16
  /// Seconds a conversation may take.
  var deadline: Int64 = 30
  /// A socket that is connected already.
  var channel: Int32?

  static let usage = """
    usage: weftpd-authd [--service NAME]... [--minimum-uid N] [--conversations N] [--deadline SECONDS] [--channel FD]

    Answers weftpd's question whether a password is a local user's, by asking PAM. It is given its socket by systemd
    (LISTEN_FDS), or by weftpd, which starts it with --channel 3. Not to be started by hand.

    """

  /// - Throws: what is wrong, for people.
  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    func number(_ text: String, _ range: ClosedRange<Int>) throws(UsageError) -> Int {
      guard let value = Int(text), range.contains(value) else {
        throw UsageError(description: "\(text) is not a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { throw UsageError(description: "\(option) is unknown, or needs a value") }
      switch option {
      case "--service": services.append(value)
      case "--minimum-uid": minimumUser = UInt32(try number(value, 1...Int(Int32.max)))
      case "--conversations": conversations = try number(value, 1...256)
      case "--deadline": deadline = Int64(try number(value, 1...3600))
      case "--channel": channel = Int32(try number(value, 3...1023))
      default: throw UsageError(description: "\(option) is unknown")
      }
    }
    if services.isEmpty { services = ["weftpd"] }
  }
}

/// What is wrong with the command line.
struct UsageError: Error, Equatable, CustomStringConvertible {
  let description: String
}
