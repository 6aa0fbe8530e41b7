// How many connections share one file, and what becomes of a transfer that several share.

import ArgumentParser
import FTPClient
import FTPProtocol
import LinuxSystem
import Synchronization

/// The number of connections to a file.
enum ConnectionCount: ExpressibleByArgument, Sendable, Equatable {
  case automatic
  case count(Int)

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let count = Int(argument), (1...100).contains(count) {
      self = .count(count)
    } else {
      return nil
    }
  }
}

/// Options of transfers over several connections.
struct SegmentArguments: ParsableArguments {
  @Option(
    name: [.customShort("n"), .customLong("connections")],
    help: ArgumentHelp(
      "Connections that share one file, or auto: as many as make it faster. One file at a time then.",
      valueName: "count"))
  var connections: ConnectionCount?
  @Option(
    name: .customLong("max-connections"),
    help: ArgumentHelp("The most connections of -n auto.", valueName: "count"))
  var most = SegmentOptions.usual
  @Option(help: ArgumentHelp("The fewest bytes of a part: 512k.", valueName: "size")) var block: String?

  func validate() throws {
    guard (1...100).contains(most) else { throw ValidationError("--max-connections is from 1 to 100.") }
    if let block, FilterArguments.bytes(block).map({ $0 >= 4000 }) != true {
      throw ValidationError("--block is a size from 4k on.")
    }
  }

  /// What the options say; nil: one connection, as ever.
  func options(retries: Int) -> SegmentOptions? {
    guard let connections else { return nil }
    var options = SegmentOptions()
    switch connections {
    case .automatic: options.connections = .automatic
    case .count(let count): options.connections = .count(count)
    }
    options.most = most
    options.retries = retries
    if let block = block.flatMap({ FilterArguments.bytes($0) }) { options.block = block }
    return options
  }
}

/// Copies the files of one command one after the other, each over several connections that are kept for the next.
struct SegmentedFiles: Sendable {
  /// Copies the file of this number.
  typealias Copying = @Sendable (SegmentedTransfer, Int) async throws -> WholeFileReport

  let connector: Connector
  let url: ServerURL
  let copy: CopyArguments
  let options: SegmentOptions
  /// Whether one file that fails ends all.
  let isAlone: Bool

  /// Copies `count` files.
  ///
  /// - Parameters:
  ///   - name: of a file here, for messages.
  ///   - total: its bytes, if they are known.
  ///   - body: copies one file.
  /// - Returns: how many failed.
  func run(
    _ count: Int, name: @escaping @Sendable (Int) -> [UInt8], total: @escaping @Sendable (Int) -> UInt64?,
    _ body: @escaping Copying
  ) async throws -> Int {
    // What was needed to read the command line is not needed any more; the kernel gives back what is.
    ProcessLimits.releaseCode()
    let pool = options.connections == .count(1) ? nil : connector.pool(url, parallel: options.limit + 1)
    let state = Mutex<(next: Int, failures: Int)>((0, 0))
    let leaving = Mutex<Task<Void, Never>?>(nil)
    do {
      try await connector.retrying(url) { session in
        while true {
          let index = state.withLock { $0.next }
          guard index < count else { break }
          do { try await one(index, session, pool, name(index), total(index), body) } catch let error as ClientError
            where error.retry == .never && error.code != .cancelled && !isAlone
          {
            copy.tell(name(index), failed: error)
            state.withLock { $0.failures += 1 }
          }
          state.withLock { $0.next = index + 1 }
        }
        // Beside the farewell of the first session: each waits for its answer.
        leaving.withLock { $0 = Task { await pool?.quit() } }
      }
    } catch {
      await pool?.quit()
      throw error
    }
    await leaving.withLock({ $0 })?.value
    return state.withLock { $0.failures }
  }

  private func one(
    _ index: Int, _ session: ClientSession, _ pool: SessionPool?, _ name: [UInt8], _ total: UInt64?,
    _ body: Copying
  ) async throws {
    var transfer = SegmentedTransfer(session, pool: pool, options)
    if connector.arguments.verbose { transfer.note = { Output.write(2, Array("* \($0)\n".utf8)) } }
    let (progress, running, start) = (transfer.progress, transfer, ContinuousClock.now)
    let report = try await copy.display.follow(
      Output.printable(name), total: total, bytes: { progress.bytes }, connections: { progress.active },
      limits: connector.limits, { try await body(running, index) })
    copy.tell(name, moved: report.moved, of: report.size, ContinuousClock.now - start)
    if connector.arguments.paths { Output.note("\(Output.printable(name)): \(Self.summary(progress))") }
  }

  /// `4 connections: 1.2 MB, 1.3 MB, …`
  private static func summary(_ progress: SegmentProgress) -> String {
    let shares = progress.connections.map { Output.amount($0) }
    return "\(shares.count) connections: \(shares.joined(separator: ", "))"
  }
}

/// `--verify` alone and `--verify=full` are the same: compare the whole. `--verify=resume` is what happens without it.
enum VerifyWord {
  static func spelled(_ arguments: [String]) -> [String] {
    arguments.compactMap { word in
      switch word {
      case "--verify=full": "--verify"
      case "--verify=resume": nil
      default: word
      }
    }
  }
}
