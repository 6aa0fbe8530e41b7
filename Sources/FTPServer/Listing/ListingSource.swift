// Produces a directory listing piece by piece, in constant memory however large the directory is.

import Accounts
import FTPProtocol
import Glibc
import Jail
import LinuxSystem

/// A listing on its way out. It belongs to one session.
final class ListingSource {
  /// Directories a recursive listing enters at most, and how deep.
  private static let directoryLimit = 10_000
  private static let depthLimit = 64
  /// Entries that are looked at in one go, whether they make lines or not: then the session looks at its client.
  private static let entryLimit = 2048

  private let jail: Jail
  private let request: ListingRequest
  private let names: OwnerNames
  private let sortLimit: Int
  /// What the login may do with single paths; nil: the same with all.
  private let rules: FileRules?
  /// Where the directory at hand is, links followed; known where there are rules.
  private var place = VirtualPath.root
  /// The other trees that are seen in the directory at hand.
  private var branches: [[UInt8]] = []
  private var formatter: EntryFormatter
  private var reader: DirectoryReader?
  /// The descriptor of `reader`, which cannot be asked for it while it hands out a name.
  private var directory: Int32 = -1
  private var sorted = NameList()
  private var index = 0
  private var isStreaming = false
  /// The names of the directory at hand are still being read, to be sorted.
  private var isCollecting = false
  /// Entries that may still be looked at in this go.
  private var entriesLeft = 0
  /// Directories still to be listed, the next one last.
  private var pending: [(path: VirtualPath, title: [UInt8])] = []
  private var subdirectories: [(path: VirtualPath, title: [UInt8])] = []
  private var entered = 0
  private var current: (path: VirtualPath, title: [UInt8])

  /// Opens the directory `path`.
  ///
  /// - Parameters:
  ///   - sortLimit: entries up to which they are sorted; MLSD never sorts.
  ///   - granted: what the login may do there, for MLSD's fact `perm`.
  ///   - rules: what it may do with single entries, if that differs; those that are hidden are left out.
  init(
    jail: Jail, path: VirtualPath, request: ListingRequest, names: OwnerNames, sortLimit: Int,
    granted: AccountPermissions, rules: FileRules? = nil
  ) throws(SystemError) {
    self.jail = jail
    self.rules = rules
    self.request = request
    self.names = names
    if case .machine = request.style { self.sortLimit = 0 } else { self.sortLimit = sortLimit }
    formatter = EntryFormatter(
      names: names, granted: granted, now: WallClock.seconds, credentials: Credentials(jail))
    formatter.fractionDigits = request.fractionDigits
    if rules != nil { formatter.grantedNext = granted }
    current = (path, Array(".".utf8))
    try jail.acting { () throws(SystemError) in try enter(current) }
  }

  /// Appends lines to `out` until it holds `target` bytes or many entries have been looked at; false when the listing is complete.
  func fill(_ out: inout [UInt8], target: Int) throws(SystemError) -> Bool {
    try jail.acting { () throws(SystemError) in try fillActing(&out, target: target) }
  }

  /// ``fill(_:target:)`` with the rights of the user: entries are asked about by their names in an open directory.
  private func fillActing(_ out: inout [UInt8], target: Int) throws(SystemError) -> Bool {
    entriesLeft = Self.entryLimit
    while out.count < target {
      if entriesLeft <= 0 { return true }
      if isCollecting {
        do throws(SystemError) { try collect() } catch {
          guard entered > 1 else { throw error }
          leaveOut()
        }
        continue
      }
      if try appendNext(to: &out) { continue }
      reader = nil
      pending.append(contentsOf: subdirectories.reversed())
      subdirectories = []
      guard let next = pending.popLast() else { return false }
      do throws(SystemError) {
        current = next
        try enter(next)
        if case .long = request.style { appendTitle(next.title, to: &out) }
      } catch {
        // A subdirectory that may not be read, or is gone, does not end the listing.
        leaveOut()
      }
    }
    return true
  }

  /// Shows no more of the directory at hand.
  private func leaveOut() {
    index = sorted.count
    isStreaming = false
    isCollecting = false
  }

  /// Appends the line that opens a subdirectory. A CR or LF in its name must not write lines of its own.
  private func appendTitle(_ title: [UInt8], to out: inout [UInt8]) {
    out += Array("\r\n".utf8) + title.map { $0 == 0x0D || $0 == 0x0A ? 0x3F : $0 } + Array(":\r\n".utf8)
  }

  // MARK: one directory

  private func enter(_ directory: (path: VirtualPath, title: [UInt8])) throws(SystemError) {
    let opened = try jail.openDirectory(directory.path)
    entered += 1
    sorted = NameList()
    index = 0
    isStreaming = false
    isCollecting = true
    branches = []
    for name in jail.branchNames(in: directory.path) where isShown(name) {
      branches.append(name)
      name.withUnsafeBytes { sorted.append($0) }
    }
    if rules != nil { place = try jail.place(of: opened.number, openedAs: directory.path) }
    formatter.enter(directory: opened.number)
    self.directory = opened.number
    reader = consume opened
    if case .machine = request.style { dots = 2 } else { dots = request.showsDots ? 2 : 0 }
  }

  /// Whether an entry of the directory fits what was asked for, and is not the server's own.
  private func isShown(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { isShown($0) } }

  private func isShown(_ name: UnsafeRawBufferPointer) -> Bool {
    if Jail.isReserved(name) { return false }
    if !branches.isEmpty, branches.contains(where: { $0.elementsEqual(name) }) { return false }
    return request.pattern?.matches(name) ?? true
  }

  /// Has the formatter know what may be done with an entry; false if it is hidden.
  private func admit(_ name: UnsafeRawBufferPointer) -> Bool {
    guard let rules else { return true }
    guard let path = try? place.resolving(Array("./".utf8) + Array(name)) else { return false }
    var (granted, reason) = rules.decision(at: path)
    if case .hidden = reason { return false }
    // Behind a link, commands are asked about the name they send as well.
    if place != current.path, let sent = try? current.path.resolving(Array("./".utf8) + Array(name)) {
      let (also, reason) = rules.decision(at: sent)
      if case .hidden = reason { return false }
      granted.formIntersection(also)
    }
    formatter.grantedNext = granted
    return true
  }

  /// Has the formatter know whether the entry can be renamed and removed at all; only `perm` tells.
  private func look(at name: UnsafeRawBufferPointer, _ status: FileStatus, isBranch: Bool) {
    guard case .machine = request.style else { return }
    formatter.isBranch = isBranch
    formatter.isDivided = false
    if let rules, status.isDirectory, let path = try? place.resolving(Array("./".utf8) + Array(name)) {
      formatter.isDivided = rules.isDivided(path)
    }
  }

  /// Reads names to be sorted, until there are no more, or too many, or it is time for a look at the client.
  private func collect() throws(SystemError) {
    while entriesLeft > 0 {
      guard sorted.count <= sortLimit else {
        isStreaming = true
        isCollecting = false
        return
      }
      entriesLeft -= 1
      let more: Bool? = try reader?.next { name in
        if isShown(name) { sorted.append(name) }
        return true
      }
      if more == nil {
        order(directory)
        isCollecting = false
        return
      }
    }
  }

  /// How many of `.` and `..` are still to be shown.
  private var dots = 0

  private func order(_ directory: Int32) {
    sorted.sort()
    if request.isByTime {
      let times = (0..<sorted.count).map { index in
        sorted.withName(index) { name in (try? File.status(in: directory, name: name.cString))?.modified ?? 0 }
      }
      sorted.sort(descendingBy: times)
    }
    if request.isReversed { sorted.reverse() }
  }

  /// Appends one entry; false at the end of the directory.
  private func appendNext(to out: inout [UInt8]) throws(SystemError) -> Bool {
    entriesLeft -= 1
    if dots > 0 {
      dots -= 1
      appendDot(dots == 1 ? "." : "..", to: &out)
      return true
    }
    if index < sorted.count {
      sorted.withName(index) { append($0, to: &out) }
      index += 1
      return true
    }
    guard isStreaming else { return false }
    let more: Bool? = try reader?.next { name in
      if isShown(name) { append(name, to: &out) }
      return true
    }
    return more ?? false
  }

  private func appendDot(_ name: StaticString, to out: inout [UInt8]) {
    let path = name.utf8CodeUnitCount == 1 ? current.path : current.path.parent
    guard let status = try? jail.status(of: path) else { return }
    if let rules { formatter.grantedNext = rules.permissions(at: path) }
    let bytes = Array("\(name)".utf8)
    bytes.withUnsafeBytes {
      formatter.append($0, status, style: request.style, dot: bytes.count, linkTarget: nil, to: &out)
    }
  }

  /// Appends the entry `name` of the directory being read; one that has vanished meanwhile is left out.
  private func append(_ name: UnsafeRawBufferPointer, to out: inout [UInt8]) {
    guard admit(name) else { return }
    let isBranch = !branches.isEmpty && branches.contains { $0.elementsEqual(name) }
    if case .names(let prefix) = request.style {
      // In a subdirectory the way there goes in front; its title begins with "./".
      formatter.appendName(
        name, prefix: current.title.count > 1 ? prefix + current.title[2...] + [0x2F] : prefix, to: &out)
      if !request.isRecursive { return }
    }
    guard let status = isBranch ? branchStatus(name) : try? File.status(in: directory, name: name.cString) else {
      return
    }
    if request.isRecursive, status.isDirectory { queue(name) }
    if case .names = request.style { return }
    look(at: name, status, isBranch: isBranch)
    var target: [UInt8]?
    if status.isSymbolicLink { target = try? File.linkTarget(in: directory, name: name.cString) }
    var created: FileTime?
    if case .machine(let facts) = request.style, facts.contains(.create) {
      created = try? File.birthTime(in: directory, name: name.cString)
    }
    formatter.append(
      name, status, style: request.style, dot: 0, linkTarget: target, created: created, to: &out)
  }

  /// The status of the root of another tree.
  private func branchStatus(_ name: UnsafeRawBufferPointer) -> FileStatus? {
    (try? current.path.resolving(Array("./".utf8) + Array(name))).flatMap { try? jail.status(of: $0) }
  }

  /// Notes a subdirectory of a recursive listing. Links are not followed, so there are no loops; depth and number are bounded.
  private func queue(_ name: UnsafeRawBufferPointer) {
    let depth = current.title.lazy.filter { $0 == 0x2F }.count
    guard depth < Self.depthLimit, entered + pending.count + subdirectories.count < Self.directoryLimit,
      let path = try? current.path.resolving(Array("./".utf8) + Array(name))
    else { return }
    subdirectories.append((path, current.title + [0x2F] + Array(name)))
  }
}

extension UnsafeRawBufferPointer {
  /// A name that is followed by a NUL in memory.
  var cString: UnsafePointer<CChar> {
    (baseAddress ?? UnsafeRawPointer(emptyName)).assumingMemoryBound(to: CChar.self)
  }
}

nonisolated(unsafe) private let emptyName = {
  // Never written to after this.
  let name = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  name.initialize(to: 0)
  return UnsafePointer(name)
}()
