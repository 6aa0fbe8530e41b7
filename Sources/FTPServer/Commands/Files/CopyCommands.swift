// COMB (as CuteFTP and GlobalSCAPE have it), SITE COPY, SITE CPFR and CPTO (as proftpd's mod_copy has them).

import FTPProtocol
import Glibc
import Jail
import LinuxSystem

extension Session {
  // MARK: COMB

  /// COMB "target" "part" …: the parts, one after the other, are appended to the target, and removed.
  ///
  /// Nobody sees a target that is half done: it is put together under another name, and takes its own in one step.
  func combine(_ command: Command) async throws(FTPError) -> Reply {
    _ = try requireSomewhere([.append, .delete])
    guard let words = ArgumentWords.split(command.argument), words.count >= 2 else {
      throw .syntax("Usage: COMB \"target\" \"part\" [\"part\" …]")
    }
    let (identity, target) = try require(.append, resolving: words[0], naming: true)
    var parts: [VirtualPath] = []
    let source = identity.admitted(to: [.read, .delete]).jail
    for word in words.dropFirst() {
      let (_, part) = try require([.read, .delete], resolving: word)
      if part == target || parts.contains(part) { throw .wrongKind("COMB: each file may be named once.") }
      parts.append(part)
    }
    let work = Combination(
      jail: identity.jail, source: source, target: target, parts: parts, mode: newFileMode, how: commitOptions)
    let outcome = try await moving(parts, to: target, in: identity.jail) { () throws(FTPError) in
      try await offload(command, target, to: context.filePool, concurrency: Self.fileWorkers) {
        (progress) throws(FTPError) in try work.run(progress)
      }
    }
    try await reachDisk(command, in: identity.jail, target, parts)
    var record = record(verb: command.verb, path: target.bytes, bytes: outcome.bytes, result: 250)
    record.target = target.bytes
    tell(.changed, .info, "combine", record)
    return outcome.leftOver == 0
      ? Reply(250, "\(parts.count) files combined: \(outcome.bytes) bytes.")
      : Reply(250, "\(parts.count) files combined; \(outcome.leftOver) of them could not be removed.")
  }

  // MARK: copies

  /// SITE COPY source target
  func copy(_ command: Command) async throws(FTPError) -> Reply {
    guard let words = ArgumentWords.split(command.argument), words.count == 2 else {
      throw .syntax("Usage: SITE COPY <source> <target>; names with blanks in double quotes.")
    }
    return try await copy(command, try resolve(words[0]), to: try resolve(words[1], naming: true))
  }

  /// SITE CPFR source: names what CPTO copies.
  func copyFrom(_ argument: [UInt8]) throws(FTPError) -> Reply {
    _ = try requireSomewhere(.write)
    let (identity, path) = try require(.read, resolving: argument)
    let file = try onFile { () throws(SystemError) in try identity.jail.openForReading(path) }
    _ = consume file
    fileState.copySource = path
    return Reply(350, "Send SITE CPTO with the name of the copy.")
  }

  /// SITE CPTO target
  func copyTo(_ command: Command) async throws(FTPError) -> Reply {
    _ = try requireSomewhere(.write)
    guard let source = parameters.fileState?.copySource else { throw .sequence("Send SITE CPFR first.") }
    fileState.copySource = nil
    return try await copy(command, source, to: try resolve(command.argument, naming: true))
  }

  private func copy(
    _ command: Command, _ source: VirtualPath, to target: VirtualPath
  ) async throws(FTPError) -> Reply {
    let reader = try require(.read, at: source)
    let identity = try requireStoring(at: target)
    let (jail, how) = (identity.jail, commitOptions)
    let file = try onFile { () throws(SystemError) in try reader.jail.openForReading(source) }
    let (mode, size) = (file.status.permissions & 0o777 & ~umask, file.status.size)
    let shared = SharedFile(file.takeDescriptor())
    let bytes = try await adding(size, to: target, in: jail) { () throws(FTPError) in
      try await offload(command, target, to: context.filePool, concurrency: Self.fileWorkers, total: size) {
        (progress) throws(FTPError) in
        try jail.making(target, mode: mode, how) { (pending) throws(FTPError) in
          var copy = FileCopy(to: pending)
          return try copy.append(shared.number, progress)
        }
      }
    }
    var record = record(
      verb: command.verb, path: source.bytes, bytes: bytes, result: 250,
      note: String(decoding: target.bytes, as: UTF8.self))
    record.target = target.bytes
    tell(.changed, .info, "copy", record)
    return Reply(250, "Copied: \(bytes) bytes.")
  }

  /// How much work on files, digests apart, runs at once.
  static var fileWorkers: Int { max(2, ServerConfiguration.Digests().concurrency) }
}

/// What COMB does, on a worker's thread.
private struct Combination: Sendable {
  let jail: Jail
  /// The same tree, for the parts.
  let source: Jail
  let target: VirtualPath
  let parts: [VirtualPath]
  /// The permission bits of a new target; nil for the system's.
  let mode: UInt32?
  let how: CommitOptions

  /// - Returns: the bytes of the target, and how many parts could not be removed.
  func run(_ progress: WorkProgress) throws(FTPError) -> (bytes: UInt64, leftOver: Int) {
    // Whatever is amiss with a part is found before anything is copied.
    for part in parts { _ = try Self.open(part, in: source).status }
    let present = try presentTarget()
    var taken: [FileStatus] = []
    let bytes = try jail.making(target, mode: (present?.status.permissions).map { $0 & 0o777 } ?? mode, how) {
      (pending) throws(FTPError) in
      var copy = FileCopy(to: pending)
      var bytes: UInt64 = 0
      if let present { bytes += try copy.append(present.file.number, progress) }
      for part in parts {
        let opened = try Self.open(part, in: source)
        bytes += try copy.append(opened.file.number, progress)
        taken.append(opened.status)
      }
      return bytes
    }
    var leftOver = 0
    for (part, status) in zip(parts, taken) where (try? source.removeFile(part, ifStill: status)) != true {
      leftOver += 1
    }
    return (bytes, leftOver)
  }

  private static func open(
    _ path: VirtualPath, in jail: Jail
  ) throws(FTPError) -> (file: SharedFile, status: FileStatus) {
    try onFile { () throws(SystemError) in
      let file = try jail.openUnfollowed(path)
      let status = file.status
      return (SharedFile(file.takeDescriptor()), status)
    }
  }

  private func presentTarget() throws(FTPError) -> (file: SharedFile, status: FileStatus)? {
    do throws(FTPError) { return try Self.open(target, in: jail) } catch {
      if case .file(let cause, _) = error, cause.code == ENOENT { return nil }
      throw error
    }
  }
}

extension Jail {
  /// Makes a file that takes its name when `fill` has succeeded; otherwise nothing is left of it.
  ///
  /// - Parameter fill: gets the descriptor of the empty file.
  func making<Value>(
    _ path: VirtualPath, mode: UInt32?, _ how: CommitOptions, _ fill: (Int32) throws(FTPError) -> Value
  ) throws(FTPError) -> Value {
    let pending = try onFile(naming: true) { () throws(SystemError) in try makePending(for: path, mode: mode) }
    do throws(FTPError) {
      let value = try fill(pending.descriptor.number)
      try onFile(naming: true) { () throws(SystemError) in try commit(pending, how) }
      return value
    } catch {
      discard(pending)
      throw error
    }
  }
}
