// The command line of weftpd-hooks.

import Testing

@testable import weftpd_hooks

@Suite struct HookOptionsTests {
  @Test func readsAll() throws {
    let options = try HookOptions([
      "--queue", "/q", "--queue-size", "65536", "--program", "/bin/x", "--program", "--flag", "--program", "",
      "--url", "https://example.org/", "--authorities", "/ca", "--timeout-ms", "5", "--retry-for-ms", "0", "--worker",
      "--fresh",
    ])
    #expect(options.program == ["/bin/x", "--flag", ""])
    #expect(options.queueSize == 65_536)
    #expect(options.isWorker && options.isFresh)
    #expect(options.retryFor == 0)
  }

  @Test(arguments: [
    [], ["--queue", "/q"], ["--program", "/x"], ["--queue", "/q", "--url", "http://example.org"],
    ["--queue", "/q", "--program"], ["--queue", "/q", "--program", "/x", "--timeout-ms", "0"], ["--what", "x"],
  ])
  func refuses(_ arguments: [String]) { #expect(throws: UsageError.self) { try HookOptions(arguments) } }
}
