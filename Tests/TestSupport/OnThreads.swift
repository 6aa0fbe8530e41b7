// A trait for tests that block: each runs on a thread of its own, and Swift's few shared threads stay free for all others.

import Testing

/// See ``Testing/Trait/onThreads``.
public struct OnThreads: SuiteTrait, TestTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Blocking.preferringThreads(function)
  }
}

extension Trait where Self == OnThreads {
  /// The test waits for programs, sockets or a lot of arithmetic without suspending.
  public static var onThreads: OnThreads { OnThreads() }
}
