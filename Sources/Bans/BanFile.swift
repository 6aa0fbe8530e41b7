// Bans in a file of lines, which the daemon and `weftpd ban` change, each as a whole.

import Glibc
import LinuxSystem
import Synchronization

/// The file of `bans.file`. Writers lock its directory, so none loses what another has added.
public final class BanFile: BanStore {
  private let file: ReplacedFile
  private let watch = Mutex<DirectoryWatch?>(nil)

  /// Larger files are refused: enough for about 150,000 bans.
  static let sizeLimit = 16 << 20

  /// - Parameter path: the file, which need not exist yet; its directory must.
  public init(path: String) { file = ReplacedFile(path: path, mode: 0o640) }

  public var path: String { file.path }

  /// Begins to watch for changes of others. Without it ``changes`` is -1.
  public func startWatching() throws(SystemError) {
    let new = try DirectoryWatch(file.directory)
    watch.withLock { $0 = new }
  }

  public var changes: Int32 { watch.withLock { $0?.number ?? -1 } }

  public func takeNotice() -> Bool {
    watch.withLock { watch in
      guard let current = watch else { return true }
      let (happened, goesOn) = current.take(of: file.name)
      if !goesOn { watch = nil }
      return happened
    }
  }

  public func list() throws(BanStoreError) -> [Ban] {
    let bytes: [UInt8]?
    do throws(SystemError) {
      bytes = try file.read(limit: Self.sizeLimit)
    } catch {
      throw Self.failure(path, error)
    }
    return try bytes.map { (bytes) throws(BanStoreError) in try Self.parse(bytes, path) } ?? []
  }

  public func change(adding added: [Ban], removing removed: [BanSubject]) throws(BanStoreError) {
    try file.locked { () throws(BanStoreError) in
      var bans: [BanSubject: Ban] = [:]
      let now = WallClock.seconds
      for ban in try list() where ban.holds(at: now) { bans[ban.subject] = ban }
      for subject in removed { bans[subject] = nil }
      for ban in added { bans[ban.subject] = ban }
      do throws(SystemError) {
        try file.replace(Self.text(bans.values.sorted { ($0.since, $0.line) < ($1.since, $1.line) }))
      } catch {
        throw BanStoreError("\(path) cannot be written: \(error.reason)")
      }
    }
  }

  private static func failure(_ path: String, _ error: SystemError) -> BanStoreError {
    switch error.code {
    case EPERM:
      BanStoreError("\(path) is no regular file, or everybody may write it (chmod o-w)", isMalformed: true)
    case EFBIG: BanStoreError("\(path) is larger than \(sizeLimit) bytes", isMalformed: true)
    default: BanStoreError("\(path) cannot be read: \(error.reason)")
    }
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(BanStoreError) -> [Ban] {
    var bans: [Ban] = []
    var number = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      guard let ban = Ban(line: String(decoding: line, as: UTF8.self)) else {
        throw BanStoreError(
          "\(path):\(number): is no ban; a line is SUBJECT SINCE UNTIL operator|automatic REASON", isMalformed: true)
      }
      bans.append(ban)
    }
    return bans
  }

  static func text(_ bans: [Ban]) -> [UInt8] {
    var text = Array("# Bans of weftpd: subject, since, until, by whom, why. `weftpd ban` changes this file.\n".utf8)
    for ban in bans { text += Array("\(ban.line)\n".utf8) }
    return text
  }
}
