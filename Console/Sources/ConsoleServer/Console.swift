// Puts the console together and runs it.

import FTPClient
import Glibc
import LinuxSystem
import Logging
import WeftVersion

/// The console, ready to run.
public struct Console: Sendable {
  private let options: ConsoleOptions
  private let listener: Listener
  private let site: Site
  private let logger: Logger
  /// How browsers reach it.
  public let origin: String

  /// Opens its sockets, reads its page and confines the process: to be called before there are other threads.
  public init(_ options: ConsoleOptions, confined: Bool = true, _ logger: Logger) throws {
    signal(SIGPIPE, SIG_IGN)
    self.options = options
    self.logger = logger
    let listener = try Listener(options.listen)
    self.listener = listener
    let gate = Guard(listener.address, options.origins)
    guard let origin = gate.origins.first else {
      throw ConsoleError("a Unix socket needs --origin, by which browsers reach the proxy in front of it")
    }
    self.origin = origin
    let assets = try Assets(options.pages)
    let logins = LoginBook(idle: options.loginIdle, life: options.loginLife, logger: logger)
    // Sockets are made before Landlock forbids to make any, and threads after it, so that they are under its rules.
    let links = try options.linkSocket.map { try LinkSocket.open(at: $0) }
    if confined { try Hardening.apply(options, logger) }
    if let links { LinkSocket.serve(links, origin, logins, logger) }
    site = Site(
      options: options, gate: gate, assets: assets, logins: logins,
      operators: options.control.map { OperatorPages(control: $0, logger: logger) },
      files: FilePages(logger: logger), runtime: try ClientRuntime(), logger: logger)
  }

  /// A one-time link for somebody who has started the console by hand.
  public func makeLink(for who: String) -> String? {
    site.logins.makeLink(for: who).map { "\(origin)/#link=\($0)" }
  }

  /// Serves until the task is cancelled.
  public func run() async throws {
    let service = HTTPService(
      listener: listener, connections: options.connections, logger: logger, respond: site.respond)
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await site.logins.sweep() }
      group.addTask { await Self.saveMemory() }
      if let operators = site.operators { group.addTask { await operators.sampler.run() } }
      try await service.run { Self.tellReady() }
      group.cancelAll()
    }
  }

  /// Lets go of the code that only the start needed, and from then on of what transfers have left of the heap.
  private static func saveMemory() async {
    try? await Task.sleep(for: .seconds(5))
    ProcessLimits.releaseCode()
    while !Task.isCancelled {
      ProcessLimits.trimHeap()
      try? await Task.sleep(for: .seconds(60))
    }
  }

  /// Source: sd_notify(3).
  private static func tellReady() {
    guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }) else { return }
    guard let address = LocalAddress(path), let datagrams = try? LocalDatagrams() else { return }
    Array("READY=1".utf8).withUnsafeBytes { try? datagrams.send($0, to: address) }
  }
}

/// The console is released with weftpd and has its version.
public let consoleVersion = weftVersion
