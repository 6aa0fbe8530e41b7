// What a verification asks before it begins, and tells when it has failed: the way a budget takes part in it.

/// Asked and told on the thread that verifies, so that what has failed counts before the next attempt begins.
public struct AttemptGate: Sendable {
  /// Asked when the attempt's turn has come.
  public let mayStart: @Sendable () -> Bool
  /// Told when the password was wrong.
  public let countRefusal: @Sendable () -> Void

  /// - Parameters:
  ///   - mayStart: asked when the attempt's turn has come, for what has happened since it began to wait.
  ///   - countRefusal: told when the password was wrong.
  public init(mayStart: @escaping @Sendable () -> Bool, countRefusal: @escaping @Sendable () -> Void = {}) {
    self.mayStart = mayStart
    self.countRefusal = countRefusal
  }

  /// Lets every attempt begin and counts nothing.
  public static let open = AttemptGate(mayStart: { true })
}
