// The stores of quotas as the commands see them: a file, or the database that several servers share.

import Accounts
import ArgumentParser
import FTPServer
import Glibc
import PostgresQuotas
import Quotas
import SQLiteQuotas

/// A store that is looked at from outside.
protocol KeptQuotas {
  /// All that is kept, by their paths.
  func tallies() throws(QuotaStoreError) -> [StoredTally]
  /// Has a directory counted again, and waits for it.
  func count(_ directory: String) throws -> StoredTally
  /// The servers that share the store; none if it cannot be shared.
  func servers() throws(QuotaStoreError) -> [(name: String, isAlive: Bool)]
  /// Forgets a server that is gone.
  func forget(server: String) throws(QuotaStoreError) -> Bool
}

/// What lies in a directory now.
private func usage(of directory: String) throws -> QuotaUsage {
  guard let usage = QuotaLedger.count(directory) else {
    complain("\(Account.display(directory.utf8)) cannot be counted.")
    throw ExitCode.failure
  }
  return usage
}

/// A file, which one server may own.
struct QuotaFile: KeptQuotas {
  private let path: String
  private let isServed: Bool
  private let store: SQLiteQuotaStore

  /// - Parameter counting: no server may begin to own it meanwhile.
  init(_ path: String, counting: Bool) throws(QuotaStoreError) {
    self.path = path
    isServed = SQLiteQuotaStore.isOwned(path)
    store = try SQLiteQuotaStore(path, owning: counting && !isServed)
  }

  func tallies() throws(QuotaStoreError) -> [StoredTally] { try store.tallies() }
  func servers() -> [(name: String, isAlive: Bool)] { [] }
  func forget(server: String) -> Bool { false }

  func count(_ directory: String) throws -> StoredTally {
    if isServed { return try ask(directory) }
    let tally = StoredTally(directory, try usage(of: directory), isInUse: false)
    try store.save([tally])
    return tally
  }

  /// Has the server count, and waits for it.
  private func ask(_ directory: String) throws -> StoredTally {
    try store.request(directory)
    while try store.requests().contains(directory) {
      guard SQLiteQuotaStore.isOwned(path) else {
        complain("the server has ended before it counted \(Account.display(directory.utf8)).")
        throw ExitCode.failure
      }
      usleep(100_000)
    }
    return try store.tally(of: directory) ?? StoredTally(directory, QuotaUsage(), isInUse: true)
  }
}

/// The database of several servers.
struct QuotaDatabase: KeptQuotas {
  private let store: PostgresQuotaStore
  private let server: String
  private let serving: (String) -> PostgresQuotaStore?

  /// - Parameters:
  ///   - server: the name of this host's server, in whose place the command counts if none lives.
  ///   - serving: a store that counts as that server.
  init(_ store: PostgresQuotaStore, server: String, _ serving: @escaping (String) -> PostgresQuotaStore?) {
    (self.store, self.server, self.serving) = (store, server, serving)
  }

  func tallies() throws(QuotaStoreError) -> [StoredTally] { try store.tallies() }
  func servers() throws(QuotaStoreError) -> [(name: String, isAlive: Bool)] { try store.servers() }
  func forget(server: String) throws(QuotaStoreError) -> Bool { try store.forget(server: server) }

  func count(_ directory: String) throws -> StoredTally {
    if try store.request(directory) > 0 {
      while try store.pending(directory) > 0 { usleep(100_000) }
    } else {
      guard let store = serving(server) else { throw ExitCode.failure }
      _ = try store.renew()
      defer { try? store.retire() }
      // A server that starts meanwhile waits until this is done.
      while try !store.beginScan(directory) { usleep(100_000) }
      let part = try store.endScan(directory, try usage(of: directory))
      try store.save([StoredTally(directory, part, isInUse: false, held: part)])
    }
    return try store.tallies().first { $0.directory == directory }
      ?? StoredTally(directory, QuotaUsage(), isInUse: true)
  }
}
