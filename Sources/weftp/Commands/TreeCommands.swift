// weftp find, du: what is beneath a directory of a server, and how much it is.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc

/// What kind of entries find tells.
enum KindChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case file = "f"
  case directory = "d"
  case other = "o"
}

/// Which files of a tree are meant; find has it, and mirror.
struct FilterArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Files of at least so many bytes; k, M and G count thousands.", valueName: "size"))
  var minSize: String?
  @Option(help: ArgumentHelp("Files of at most so many bytes.", valueName: "size")) var maxSize: String?
  @Option(help: ArgumentHelp("Changed since: 2026-01-31, 2026-01-31T14:05, 90m, 12h, 7d.", valueName: "time"))
  var newer: String?
  @Option(help: ArgumentHelp("Not changed since.", valueName: "time")) var older: String?

  func validate() throws {
    for text in [minSize, maxSize].compactMap({ $0 }) where FilterArguments.bytes(text) == nil {
      throw ValidationError("\(text) is no size: 4096, 64k, 1.5M, 2G.")
    }
    for text in [newer, older].compactMap({ $0 }) where FilterArguments.time(text, now: 0) == nil {
      throw ValidationError("\(text) is no time: 2026-01-31, 2026-01-31T14:05, 90m, 12h, 7d.")
    }
  }

  /// Whether anything is asked of files.
  var isEmpty: Bool { minSize == nil && maxSize == nil && newer == nil && older == nil }

  /// What a mirror asks.
  var filter: FileFilter {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var filter = FileFilter()
    filter.minimumSize = minSize.flatMap(FilterArguments.bytes)
    filter.maximumSize = maxSize.flatMap(FilterArguments.bytes)
    filter.newerThan = newer.flatMap { FilterArguments.time($0, now: Int64(now.tv_sec)) }
    filter.olderThan = older.flatMap { FilterArguments.time($0, now: Int64(now.tv_sec)) }
    return filter
  }

  /// `64k`, `1.5M`, in powers of 1,000.
  static func bytes(_ text: String) -> UInt64? {
    let units: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12]
    var digits = text
    var factor = 1.0
    if let last = text.last, let unit = units[last] {
      factor = unit
      digits.removeLast()
    }
    guard let number = Double(digits), number >= 0, number * factor < 1e18 else { return nil }
    return UInt64(number * factor)
  }

  /// Seconds since 1970 of a day, a minute (both UTC), or of so long before `now`.
  static func time(_ text: String, now: Int64) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    if let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number >= 0,
      number < 1 << 32
    {
      return now - number * unit
    }
    let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let day = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) ?? -1 }
    var clock: [Int32] = []
    if halves.count == 2 {
      clock = halves[1].split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) ?? -1 }
      guard (2...3).contains(clock.count) else { return nil }
    }
    clock += [Int32](repeating: 0, count: 3 - clock.count)
    guard day.count == 3, (1900...9999).contains(day[0]), (1...12).contains(day[1]), (1...31).contains(day[2]),
      (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...59).contains(clock[2])
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (day[0] - 1900, day[1] - 1, day[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    return Int64(timegm(&parts))
  }
}

struct FindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find", abstract: "Tell what is beneath a directory, by name, kind, size and time.")

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var filter: FilterArguments
  @Option(help: ArgumentHelp("Names, or paths if it has a slash, that fit this.", valueName: "pattern"))
  var name: String?
  @Option(help: "f for files, d for directories, o for all else.") var type: KindChoice?
  @Flag(name: [.customShort("0"), .customLong("print0")], help: "A NUL behind each path instead of a line end.")
  var endsWithNUL = false
  @Flag(help: "One line of JSON.") var json = false
  @Argument(help: "A directory: ftpes://user@host/dir") var url: String?

  func validate() throws { try ShellState.requireURL(url) }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url ?? ".")
      let connector = try Connector(command.connection)
      let pool = connector.pool(url, parallel: nil)
      let tree = try await connector.with(url) { session in try await FileTree.read(session, url.path, pool: pool) }
      await pool?.quit()
      command.show(tree, beneath: command.url == nil ? RemotePath([]) : url.path)
      if !tree.skipped.isEmpty { throw ExitCode.partly }
    }
  }

  private func show(_ tree: FileTree, beneath root: RemotePath) {
    let wanted = filter.filter
    let glob = name.map { Glob(Array($0.utf8), matchesHidden: true) }
    let hits = tree.entries.filter { path, entry in
      switch type {
      case .file? where entry.kind != .file: return false
      case .directory? where entry.kind != .directory: return false
      case .other? where entry.kind != .other && entry.kind != .link: return false
      default: break
      }
      if let glob, !glob.matches(RemotePath(path).name), !glob.matches(path) { return false }
      return filter.isEmpty || (entry.kind == .file && wanted.admits(size: entry.size, modified: entry.modified))
    }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    if json { return Output.line(JSONText.list(hits.map { JSONText.entry($0.key, $0.value) }).text) }
    for (path, _) in hits {
      let whole = root.appending(path).bytes
      if endsWithNUL { Output.write(1, whole + [0]) } else { Output.line("", name: whole) }
    }
    for (path, reason) in tree.skipped { Output.note("\(Output.printable(path)) was passed over: \(reason)") }
  }
}

extension JSONText {
  /// An entry of a tree.
  static func entry(_ path: [UInt8], _ entry: FileTree.Entry) -> JSONText {
    let kind =
      switch entry.kind {
      case .file: "file"
      case .directory: "directory"
      case .link, .other: "other"
      }
    return .object([
      ("path", .name(path)), ("type", .string(kind)), ("size", entry.size.map { .number($0) }),
      ("modified", entry.modified.map { .signed($0.seconds) }),
    ])
  }
}

struct DiskUseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "du", abstract: "Tell how many bytes are in directories.",
    discussion: "The bytes are those of the files, not of the server's disk.")

  @OptionGroup var connection: ConnectionArguments
  @Flag(name: .shortAndLong, help: "The sum only.") var summarize = false
  @Flag(name: [.customShort("H"), .long], help: "1.4 MB instead of 1400000.") var human = false
  @Flag(help: "One line of JSON.") var json = false
  @Argument(help: "A directory: ftpes://user@host/dir") var url: String?

  func validate() throws { try ShellState.requireURL(url) }

  func run() async throws {
    let command = self
    try await Interruption.run {
      let url = try Place.url(command.url ?? ".")
      let connector = try Connector(command.connection)
      let pool = connector.pool(url, parallel: nil)
      let tree = try await connector.with(url) { session in try await FileTree.read(session, url.path, pool: pool) }
      await pool?.quit()
      command.show(DiskUseCommand.sums(tree))
    }
  }

  /// Bytes and files beneath each directory; the empty path is the root.
  static func sums(_ tree: FileTree) -> [[UInt8]: (bytes: UInt64, files: UInt64)] {
    var sums: [[UInt8]: (bytes: UInt64, files: UInt64)] = [[]: (0, 0)]
    for (path, entry) in tree.entries where entry.kind == .directory { sums[path] = (0, 0) }
    for (path, entry) in tree.entries where entry.kind == .file {
      var rest = path[...]
      while true {
        rest = rest[..<(rest.lastIndex(of: 0x2F) ?? rest.startIndex)]
        sums[Array(rest), default: (0, 0)].bytes &+= entry.size ?? 0
        sums[Array(rest), default: (0, 0)].files += 1
        if rest.isEmpty { break }
      }
    }
    return sums
  }

  private func show(_ sums: [[UInt8]: (bytes: UInt64, files: UInt64)]) {
    let lines = sums.filter { !summarize || $0.key.isEmpty }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    if json {
      let objects = lines.map { path, sum in
        JSONText.object([("path", .name(path)), ("bytes", .number(sum.bytes)), ("files", .number(sum.files))])
      }
      return Output.line(JSONText.list(objects).text)
    }
    for (path, sum) in lines {
      Output.line("\(human ? Output.amount(sum.bytes) : "\(sum.bytes)")\t", name: path.isEmpty ? [0x2E] : path)
    }
  }
}
