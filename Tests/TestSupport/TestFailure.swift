// What went wrong in a test helper, in words a reader of the test report understands.

/// An error of the helpers: a deadline that passed, a reply that was not the expected one, a server that died.
public struct TestFailure: Error, CustomStringConvertible {
  /// The sentence the test report shows.
  public let description: String

  /// Takes the sentence the report is to show.
  public init(_ description: String) {
    self.description = description
  }
}

/// Throws a `TestFailure` with `message` unless `condition` holds. For code that must stop at the first failure.
public func require(_ condition: Bool, _ message: @autoclosure () throws -> String) throws {
  if !condition { throw TestFailure(try message()) }
}
