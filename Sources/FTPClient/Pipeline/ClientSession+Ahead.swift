// Many listings, and many commands without data, with few round trips.

import FTPProtocol
import LinuxSystem
import Synchronization

extension ClientSession {
  /// The entries of several directories, in their order.
  ///
  /// - Parameter pool: where further sessions come from, if there are many.
  /// - Throws: what went wrong with any of them.
  func lists(_ paths: [RemotePath], pool: SessionPool? = nil) async throws(ClientError) -> [[ListedEntry]] {
    if options.dataMode == .active, options.proxy == nil {
      var all: [[ListedEntry]] = []
      for path in paths { all.append(try await list(path.bytes.isEmpty ? nil : path)) }
      return all
    }
    let found = ListingResults(paths)
    let keeps = try await prepareKept(.download)
    let helpers = keeps && pool?.limit == nil ? 0 : pool?.helpers(for: paths.count, each: 4) ?? 0
    try await SessionPool.run(self, pool, helpers: helpers) { session throws(ClientError) in
      try await session.pipeline(PipelineSource(next: { found.next() }, tell: { found.told($0, $1) }))
    }
    var all: [[ListedEntry]] = []
    for (path, result) in zip(paths, found.results) {
      switch result {
      case .success(let entries)?: all.append(entries)
      // Perhaps it has no MLSD: by itself LIST is tried.
      case .failure(let error)?:
        guard error.code == .unsupported else { throw error }
        all.append(try await list(path.bytes.isEmpty ? nil : path))
      case nil: all.append(try await list(path.bytes.isEmpty ? nil : path))
      }
    }
    return all
  }

  /// Says commands that have no data, several ahead of their answers.
  ///
  /// - Returns: for each the error, or nil where all went well.
  /// - Throws: what ends the session.
  func ahead(_ commands: [Command]) async throws(ClientError) -> [ClientError?] {
    if commands.isEmpty { return [] }
    try await enter()
    defer { leave() }
    try takeUnasked()
    var errors = [ClientError?](repeating: nil, count: commands.count)
    var sent = 0
    var pending: [Int] = []
    while sent < commands.count || !pending.isEmpty {
      while sent < commands.count, pending.count < ClientSession.pipelineDepth {
        do throws(ClientError) {
          try queueAhead(commands[sent])
          pending.append(sent)
        } catch { errors[sent] = error }
        sent += 1
      }
      guard !pending.isEmpty else { break }
      let reply = try await finalReply()
      let index = pending.removeFirst()
      if reply.kind != .completion { errors[index] = .refusal(reply, of: Self.shown(commands[index])) }
    }
    return errors
  }
}

/// What came of several listings.
private final class ListingResults: Sendable {
  private let paths: [RemotePath]
  private let state: Mutex<(next: Int, results: [Result<[ListedEntry], ClientError>?])>

  init(_ paths: [RemotePath]) {
    self.paths = paths
    state = Mutex((0, Array(repeating: nil, count: paths.count)))
  }

  var results: [Result<[ListedEntry], ClientError>?] { state.withLock { $0.results } }

  func next() -> PipelineItem? {
    let index = state.withLock { state -> Int? in
      guard state.next < paths.count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
    return index.map { PipelineItem(index: $0, work: .list(paths[$0])) }
  }

  func told(_ item: PipelineItem, _ outcome: PipelineOutcome) {
    state.withLock { state in
      switch outcome {
      case .listed(let entries): state.results[item.index] = .success(entries)
      case .failed(let error): state.results[item.index] = .failure(error)
      case .undone, .copied: break
      }
    }
  }
}
