// Commands that change what quotas count: files removed, renamed, copied and combined.

import FTPProtocol
import FTPTransfer
import Jail
import LinuxSystem
import Quotas

extension Session {
  /// Changes files, and counts what that has changed of each. Where nothing is counted, it only does it.
  func changing<Value>(
    _ paths: [VirtualPath], in jail: Jail, _ kind: QuotaEntry.Kind = .short,
    growing growth: () -> [(QuotaUsage, in: [String])] = { [] }, _ body: () async throws(FTPError) -> Value
  ) async throws(FTPError) -> Value {
    let places = paths.compactMap { quotaPlace(of: $0, in: jail) }
    if places.isEmpty { return try await body() }
    let entry = QuotaEntry(Array(Set(places.flatMap(\.tallies))), names: places.map(\.name), kind)
    try await enter(entry)
    defer { context.quotas.leave(entry) }
    let ledger = context.quotas
    let bounds = quotas?.bounds ?? []
    // Room for what is added is taken before, and given back once what was added is counted.
    var reserved: [(QuotaUsage, in: [String], epoch: Int)] = []
    defer {
      for (usage, tallies, epoch) in reserved {
        ledger.settle(QuotaUsage(), in: tallies, reserved: usage, epoch: epoch)
      }
    }
    for (usage, tallies) in growth() {
      guard let epoch = try await reserveQuota(usage, in: tallies, within: bounds) else {
        throw .broken(.quotaExceeded)
      }
      reserved.append((usage, tallies, epoch))
    }
    let before = places.map(\.present)
    // What has happened is counted, whether all of it went well or not.
    defer {
      for (place, before) in zip(places, before) {
        ledger.settle(ledger.change(of: place.name, from: before, to: place.present), in: place.tallies)
      }
    }
    return try await body()
  }

  /// Makes a file of `size` bytes, or puts it in the place of another.
  func adding<Value>(
    _ size: UInt64, to target: VirtualPath, in jail: Jail, _ body: () async throws(FTPError) -> Value
  ) async throws(FTPError) -> Value {
    guard let place = quotaPlace(of: target, in: jail) else { return try await body() }
    return try await changing(
      [target], in: jail, .long,
      growing: { [(Self.growth(from: place.present, to: QuotaUsage(fileOf: size)), in: place.tallies)] }, body)
  }

  /// Makes one file of several.
  func moving<Value>(
    _ parts: [VirtualPath], to target: VirtualPath, in jail: Jail, _ body: () async throws(FTPError) -> Value
  ) async throws(FTPError) -> Value {
    guard let place = quotaPlace(of: target, in: jail) else { return try await changing(parts, in: jail, .long, body) }
    let sources = parts.map { (path: $0, tallies: quotaPlace(of: $0, in: jail)?.tallies ?? []) }
    let growth = {
      // A part that is counted there already adds nothing, once it is removed.
      sources.map { source in
        (
          QuotaUsage(bytes: self.quotaPresent(source.path, jail).bytes),
          in: place.tallies.filter { !source.tallies.contains($0) }
        )
      }
    }
    return try await changing([target] + parts, in: jail, .long, growing: growth, body)
  }

  /// Renames a file or a directory; what is in it is counted elsewhere then.
  func renaming(
    _ command: Command, _ source: VirtualPath, to target: VirtualPath, in jail: Jail,
    _ body: () async throws(FTPError) -> Void
  ) async throws(FTPError) {
    if !context.quotas.isActive { return try await body() }
    let jail = jail.ruled(by: nil)
    guard let from = jail.hostPathOfName(source), let to = jail.hostPathOfName(target) else {
      return try await body()
    }
    let ledger = context.quotas
    let (old, new) = (ledger.tallies(containing: from), ledger.tallies(containing: to))
    let isDirectory = (try? jail.status(of: source, followingLink: false))?.isDirectory ?? false
    let inside = ledger.tallies(within: from) + ledger.tallies(within: to)
    let added = new.filter { !old.contains($0) }
    let left = old.filter { !new.contains($0) }
    guard isDirectory else {
      return try await changing(
        [source, target], in: jail,
        growing: {
          let growth = Self.growth(from: self.quotaPresent(target, jail), to: self.quotaPresent(source, jail))
          return added.isEmpty ? [] : [(growth, in: added)]
        }, body)
    }
    if added.isEmpty, left.isEmpty, inside.isEmpty { return try await body() }
    let entry = QuotaEntry(Array(Set(old + new + inside)), .alone)
    try await enter(entry)
    defer { ledger.leave(entry) }
    let limits = TreeLimits(entries: 1_000_000, depth: 128)
    let count = try await offload(command, source, to: context.filePool, concurrency: Self.fileWorkers) {
      (progress) throws(FTPError) in
      try onFile { () throws(SystemError) in
        try jail.countFiles(source, limits, shouldStop: { progress.shouldStop() })
      }
    }
    let usage = QuotaUsage(bytes: Int64(clamping: count.bytes), files: Int64(clamping: count.files))
    guard let epoch = try await reserveQuota(usage, in: added, within: quotas?.bounds ?? []) else {
      throw .broken(.quotaExceeded)
    }
    defer { ledger.settle(QuotaUsage(), in: added, reserved: usage, epoch: epoch) }
    try await body()
    ledger.settle(usage, in: added)
    ledger.settle(-usage, in: left)
    // A directory with a quota of its own is somewhere else now.
    ledger.forget(inside)
  }

  /// Removes a tree.
  func removingTree<Value>(
    _ path: VirtualPath, in jail: Jail, _ body: (RemovedFiles) async throws(FTPError) -> Value
  ) async throws(FTPError) -> Value {
    let removed = RemovedFiles()
    guard context.quotas.isActive, let host = jail.ruled(by: nil).hostPathOfName(path) else {
      return try await body(removed)
    }
    let ledger = context.quotas
    let inside = ledger.tallies(within: host)
    let tallies = ledger.tallies(containing: host).filter { !inside.contains($0) }
    if inside.isEmpty, tallies.isEmpty { return try await body(removed) }
    let entry = QuotaEntry(tallies + inside, .alone)
    try await enter(entry)
    defer {
      ledger.settle(-removed.usage, in: tallies)
      ledger.forget(inside)
      ledger.leave(entry)
    }
    return try await body(removed)
  }

  private func quotaPresent(_ path: VirtualPath, _ jail: Jail) -> QuotaUsage {
    guard let status = try? jail.ruled(by: nil).status(of: path, followingLink: false), status.isRegular else {
      return QuotaUsage()
    }
    return QuotaUsage(fileOf: status.size)
  }

  private static func growth(from old: QuotaUsage, to new: QuotaUsage) -> QuotaUsage {
    QuotaUsage(bytes: max(0, new.bytes - old.bytes), files: max(0, new.files - old.files))
  }
}
