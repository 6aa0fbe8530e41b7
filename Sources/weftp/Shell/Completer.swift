// What may come next on a line: commands, options, names on the server, names here.

import ArgumentParser
import Dispatch
import FTPClient
import FTPProtocol
import LinuxSystem
import Synchronization

final class Completer: Sendable {
  private let shell: Shell
  /// Listings of the last half minute, by directory.
  private let listings = Mutex<[RemotePath: (time: MonotonicTime, entries: [ListedEntry])]>([:])
  private static let memory: Int64 = 30_000_000_000
  /// So long a person waits for names of the server.
  private static let patience = DispatchTimeInterval.seconds(5)

  init(_ shell: Shell) { self.shell = shell }

  /// Completes the word at the end of `line`.
  func complete(_ line: String) -> Completion {
    let parsed = ShellWords(line)
    let word = parsed.endsInWord ? parsed.words.last ?? ShellWords.Word() : ShellWords.Word(start: line.count)
    let before = parsed.endsInWord ? Array(parsed.words.dropLast()) : parsed.words
    let quote = parsed.openQuote
    // Behind an open quote the quote itself stays where it is.
    let start = word.start + (quote != nil ? 1 : 0)
    if let name = before.first?.text {
      let names =
        Completer.namesAreLocal(name, Array(before.dropFirst()), word.text) ? local(word.text) : remote(word.text)
      return Completion(start: start, words: names.map { ShellWords.quoted($0, within: quote) })
    }
    let commands = Builtin.all.flatMap(\.names) + Shell.remoteCommands + ["mget", "mput"]
    return Completion(start: start, words: commands.filter { $0.hasPrefix(word.text) && $0.first != "!" }.sorted())
  }

  /// Which of the two a command's next name is.
  static func namesAreLocal(_ command: String, _ before: [ShellWords.Word], _ word: String) -> Bool {
    let afterOutput = before.last.map { $0.text == "-o" || $0.text == "--output" } ?? false
    let plain = before.filter { !$0.text.hasPrefix("-") }.count
    let reverse = before.contains { $0.text == "-R" || $0.text == "--reverse" }
    switch command {
    case "lcd", "lls", "!": return true
    case "put", "mput": return !afterOutput
    case "get", "mget": return afterOutput
    case "mirror", "sync": return reverse ? plain == 0 : plain > 0
    case "verify": return plain == 0
    default: return false
    }
  }

  // MARK: names

  private func split(_ text: String) -> (directory: String, prefix: String) {
    guard let slash = text.lastIndex(of: "/") else { return ("", text) }
    return (String(text[...slash]), String(text[text.index(after: slash)...]))
  }

  private func local(_ text: String) -> [String] {
    let (directory, prefix) = split(text)
    guard let place = try? LocalDirectory(directory.isEmpty ? "." : directory), let names = try? place.names() else {
      return []
    }
    return names.compactMap { name -> String? in
      guard let shown = Completer.fitting(name, prefix) else { return nil }
      let isDirectory = (try? LocalDirectory(directory + shown)) != nil
      return directory + shown + (isDirectory ? "/" : "")
    }.sorted()
  }

  private func remote(_ text: String) -> [String] {
    guard shell.state.base != nil else { return [] }
    let (directory, prefix) = split(text)
    let path = shell.state.absolute(Array(directory.utf8))
    return entries(path).compactMap { entry -> String? in
      guard let shown = Completer.fitting(entry.name, prefix) else { return nil }
      return directory + shown + (entry.kind == .directory ? "/" : "")
    }.sorted()
  }

  /// A name that begins with `prefix` and can be typed; hidden ones only if a dot was typed.
  private static func fitting(_ name: [UInt8], _ prefix: String) -> String? {
    guard let text = String(validating: name, as: UTF8.self), text.hasPrefix(prefix) else { return nil }
    if text.first == ".", prefix.isEmpty { return nil }
    return text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? nil : text
  }

  private func entries(_ path: RemotePath) -> [ListedEntry] {
    let now = MonotonicTime.now
    if let known = listings.withLock({ $0[path] }), now.since(known.time) < Completer.memory { return known.entries }
    let arrival = DispatchSemaphore(value: 0)
    let holder = Holder(arrival)
    let task = Task { [shell] in
      let found = try? await shell.state.with { session in try await session.list(path) }
      holder.put(found)
    }
    if arrival.wait(timeout: .now() + Completer.patience) == .timedOut { task.cancel() }
    guard let entries = holder.entries else { return [] }
    listings.withLock { $0[path] = (now, entries) }
    return entries
  }

  private final class Holder: Sendable {
    private let found = Mutex<[ListedEntry]?>(nil)
    private let arrival: DispatchSemaphore

    init(_ arrival: DispatchSemaphore) { self.arrival = arrival }

    var entries: [ListedEntry]? { found.withLock { $0 } }

    func put(_ entries: [ListedEntry]?) {
      found.withLock { $0 = entries }
      arrival.signal()
    }
  }
}
