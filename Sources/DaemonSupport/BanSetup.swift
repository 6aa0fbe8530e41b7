// Connects the book of bans with the server: who is asked, what counts, who is told.

import Bans
import DaemonSettings
import FTPServer
import LinuxSystem
import Logging
import PostgresBans

/// Makes a book of bans what the server asks about its clients.
public struct BanPolicy: ClientPolicy {
  private let book: BanBook

  public init(_ book: BanBook) { self.book = book }

  public var isIdle: Bool { book.isIdle }

  public func admits(_ addresses: [IPAddress]) -> Bool {
    guard let ban = book.ban(of: addresses) else { return true }
    if addresses.count > 1 { book.spread(ban, to: addresses) }
    return false
  }

  public func admits(user name: [UInt8]) -> Bool { book.ban(ofUser: name) == nil }

  public func note(_ offence: ClientOffence, user: [UInt8], from addresses: [IPAddress]) {
    switch offence {
    case .connection: book.note(.connection, from: addresses)
    case .failedLogin: book.note(.failedLogin, user: user, from: addresses)
    case .unknownCommand: book.note(.unknownCommand, from: addresses)
    }
  }
}

/// Makes and starts books of bans.
public enum BanSetup {
  /// The book of the settings, with the bans of its file or database. Starts no thread.
  ///
  /// - Throws: ``BanStoreError`` when the file cannot be read, ``SettingsError`` when the database cannot be asked for, ``SystemError`` when there is no descriptor left.
  public static func prepare(_ loaded: LoadedSettings) throws -> BanBook {
    let settings = loaded.settings
    let store: (any BanStore)? =
      if let path = settings.bans.file { BanFile(path: path) } else { try shared(loaded) }
    let book = try BanBook(
      settings.banRules, store: store, export: settings.bans.nftables.map { NftablesExport(path: $0) })
    do throws(BanStoreError) { try book.load() } catch {
      // A database may come after its servers; the book tells of it, and takes over the bans when it does.
      if settings.bans.file != nil { throw error }
    }
    return book
  }

  /// The store in PostgreSQL; nil if bans are not kept there.
  public static func shared(_ loaded: LoadedSettings) throws(SettingsError) -> PostgresBanStore? {
    guard loaded.settings.sharesBans, let options = try AccountDatabase.options(loaded) else { return nil }
    return PostgresBanStore(options)
  }

  /// Why a start with these settings would not have its bans: the key, and words that follow it.
  static func faults(_ settings: Settings) -> [(key: String, reason: String)] {
    var faults: [(String, String)] = []
    for (key, path) in [("bans.file", settings.bans.file), ("bans.nftables", settings.bans.nftables)] {
      guard let path else { continue }
      let absolute = File.absolutePath(path)
      let directory = absolute.lastIndex(of: "/").map { String(absolute[..<$0]) } ?? ""
      if (try? File.status(at: directory.isEmpty ? "/" : directory))?.isDirectory != true {
        faults.append((key, "is in \(directory), which is no directory"))
      } else if key == "bans.file" {
        do throws(BanStoreError) {
          _ = try BanFile(path: path).list()
        } catch {
          faults.append((key, error.description))
        }
      }
    }
    return faults
  }

  /// Starts the book's thread, which tells the server, the log and `others` what changes. With nothing to keep or to count there is no
  /// thread.
  public static func start(
    _ book: BanBook, _ settings: Settings, server: FTPServer, logger: Logger,
    telling others: @escaping @Sendable ([Ban]) -> Void = { _ in }
  ) throws(SystemError) {
    book.onNews { news in
      log(news, logger)
      if !news.added.isEmpty {
        let users = news.added.contains { if case .user = $0.subject { true } else { false } }
        server.reviewClients(users: users)
        others(news.added)
      }
    }
    if let file = settings.bans.file, let store = book.fileStore {
      do throws(SystemError) {
        try store.startWatching()
      } catch {
        logger.warning("bans.file: \(file) is read once a second, because it cannot be watched: \(error)")
      }
    }
    try use(settings, for: book)
  }

  /// Has the settings hold for the book, and starts its thread if there is something for it to do.
  static func use(_ settings: Settings, for book: BanBook) throws(SystemError) {
    book.use(settings.banRules)
    let isKept = settings.bans.file != nil || settings.bans.nftables != nil || settings.sharesBans
    // Operators ban through the control socket, too.
    if settings.banRules.isActive || isKept || settings.controlSocket != nil { try book.start() }
  }

  /// How many bans one piece of news names in the log.
  private static let logged = 10

  private static func log(_ news: BanNews, _ logger: Logger) {
    for ban in news.added.prefix(logged) {
      let end = ban.until.map { "until \(Ban.text($0))" } ?? "until the ban is lifted"
      logger.notice("banned \(ban.subject) \(end): \(ban.reason.isEmpty ? ban.origin.rawValue : ban.reason)")
    }
    if news.added.count > logged { logger.notice("banned \(news.added.count - logged) more at the same time") }
    for ban in news.lifted.prefix(logged) { logger.notice("lifted the ban of \(ban.subject)") }
    if news.lifted.count > logged { logger.notice("lifted \(news.lifted.count - logged) more bans") }
    for fault in news.faults { logger.error("bans: \(fault)") }
  }
}
