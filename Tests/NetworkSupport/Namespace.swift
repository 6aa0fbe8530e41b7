// A network namespace with a name, entered by threads and by `ip netns exec`, removed with the value that stands for it.

import Glibc
import MultipathTCP
import Synchronization
import TestSupport

/// A made-up host. It is removed when the value goes, also when a test fails.
public final class Namespace: Sendable {
  /// What `ip -n` and `ip netns exec` take. Begins with the id of the test process.
  public let name: String

  private static let prefix = "weftmp-"
  private static let count = Mutex(0)

  /// - Parameter role: a letter or two that tell the namespaces of a lab apart.
  public init(_ role: String = "") throws {
    Self.removeLeftovers
    let number = Self.count.withLock { count in
      count += 1
      return count
    }
    name = "\(Self.prefix)\(getpid())-\(number)\(role)"
    try NetworkSupport.shell("ip netns add \(name); ip -n \(name) link set lo up")
  }

  deinit { _ = try? NetworkSupport.shell("ip netns del \(name)") }

  /// Removes the namespaces of test processes that were killed.
  private static let removeLeftovers: Void = {
    guard let names = try? NetworkSupport.shell("ip netns list") else { return }
    for line in names.split(separator: "\n") where line.hasPrefix(prefix) {
      let name = line.prefix { $0 != " " }
      let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
      if let owner = Int32(owner), kill(owner, 0) != 0 { _ = try? NetworkSupport.shell("ip netns del \(name)") }
    }
  }()

  /// A path that stands for it, as `mptcpctl --netns` and setns(2) take it.
  public var path: String { "/run/netns/\(name)" }

  /// Runs `body` on a thread that is in this namespace: sockets made there belong to it for ever.
  public func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) throws -> R {
    let path = self.path
    let result = Box<R>()
    try inParallel(1) { _ in
      try NetworkNamespace.enter(path)
      result.put(try body())
    }
    return try result.take()
  }

  /// The words that run a program in this namespace.
  public func command(_ words: [String]) -> [String] { ["ip", "netns", "exec", name] + words }

  /// Runs the lines of a shell script in this namespace and returns what it printed.
  @discardableResult
  public func shell(_ script: String) throws -> String {
    try NetworkSupport.shell(script, by: command([]))
  }

  /// Sets values of sysctl(8): `["net.mptcp.enabled": 0]`.
  public func set(_ values: KeyValuePairs<String, Int>) throws {
    try shell("sysctl -qw " + values.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
  }

  /// The MPTCP counters of this namespace (`MPTcpExt`).
  public func counters() throws -> Counters {
    guard let counters = try run({ Counters.read() }) else { throw TestFailure("no MPTcpExt counters") }
    return counters
  }
}

/// What a thread leaves behind.
private final class Box<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)
  func put(_ new: Value) { value.withLock { $0 = new } }
  func take() throws -> Value {
    guard let value = value.withLock({ $0 }) else { throw TestFailure("the thread ended early") }
    return value
  }
}
