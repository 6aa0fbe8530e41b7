// What a session asks and changes of files and directories without moving their bytes.

import FTPProtocol
import LinuxSystem

// Facts.
extension ClientSession {
  /// The working directory (PWD).
  public func workingDirectory() async throws(ClientError) -> RemotePath {
    let reply = try await command("PWD")
    guard let path = reply.pathname else {
      throw ClientError(.protocolViolation, "no path in the answer to PWD", reply: reply)
    }
    return RemotePath(path)
  }

  /// The size of a file in bytes (SIZE, RFC 3659 §4), in the form it would be transferred.
  public func size(_ path: RemotePath) async throws(ClientError) -> UInt64 {
    try await enter()
    defer { leave() }
    // Of another TYPE, STRU or MODE, which a pipeline may have left, the size is another one, and servers refuse to count it.
    if formatInForce.mode != format.mode { dropKeptData() }
    try await apply(format)
    let reply = try await perform(Command(verb: "SIZE", argument: path.bytes))
    guard let size = reply.fileSize else {
      throw ClientError(.protocolViolation, "no size in the answer to SIZE", reply: reply)
    }
    return size
  }

  /// When a file was last changed (MDTM, RFC 3659 §3).
  public func modificationTime(_ path: RemotePath) async throws(ClientError) -> ListedTime {
    let reply = try await command("MDTM", path)
    guard let time = reply.modificationTime else {
      throw ClientError(.protocolViolation, "no time in the answer to MDTM", reply: reply)
    }
    return ListedTime(seconds: time.seconds, nanoseconds: time.nanoseconds, precision: .second)
  }

  /// What the server knows of a file or directory (MLST, RFC 3659 §7); its name is a path.
  ///
  /// - Throws: ``ClientError/Code/unsupported`` where the server has no MLST: see ``facts(_:)``.
  public func machineFacts(_ path: RemotePath? = nil) async throws(ClientError) -> ListedEntry {
    let reply = try await command("MLST", path ?? RemotePath([]))
    guard let entry = reply.listedEntry else {
      throw ClientError(.protocolViolation, "no entry in the answer to MLST", reply: reply)
    }
    return entry
  }

  /// What the server knows of a file or directory, by MLST, or else by SIZE, MDTM and CWD.
  public func facts(_ path: RemotePath) async throws(ClientError) -> ListedEntry {
    if features.contains("MLST") {
      do throws(ClientError) { return try await machineFacts(path) } catch {
        guard error.code == .unsupported else { throw error }
      }
    }
    var entry = ListedEntry(name: path.bytes, kind: .file)
    do throws(ClientError) { entry.size = try await size(path) } catch {
      // No file, or a server without SIZE: whether it is a directory is left to ask.
      guard error.code == .refused || error.code == .unsupported else { throw error }
      if try await isDirectory(path) {
        entry.kind = .directory
        return entry
      }
      guard error.code == .unsupported else { throw error }
      entry.kind = .unknown
    }
    do throws(ClientError) { entry.modified = try await modificationTime(path) } catch {
      guard error.code == .refused || error.code == .unsupported else { throw error }
    }
    return entry
  }

  /// Whether a path is a directory that can be entered; the working directory stays what it was.
  public func isDirectory(_ path: RemotePath) async throws(ClientError) -> Bool {
    let before = try await workingDirectory()
    do throws(ClientError) { try await changeDirectory(path) } catch {
      guard error.code == .refused else { throw error }
      return false
    }
    try await changeDirectory(before)
    return true
  }
}

// Changes.
extension ClientSession {
  /// Makes a directory the working one (CWD).
  public func changeDirectory(_ path: RemotePath) async throws(ClientError) { _ = try await command("CWD", path) }

  /// Goes to the directory above (CDUP).
  public func changeToParent() async throws(ClientError) { _ = try await command("CDUP") }

  /// Makes a directory (MKD).
  ///
  /// - Returns: its path as the server tells it; nil if it does not.
  @discardableResult
  public func makeDirectory(_ path: RemotePath) async throws(ClientError) -> RemotePath? {
    try await command("MKD", path).pathname.map { RemotePath($0) }
  }

  /// Removes an empty directory (RMD).
  public func removeDirectory(_ path: RemotePath) async throws(ClientError) { _ = try await command("RMD", path) }

  /// Removes a file (DELE).
  public func delete(_ path: RemotePath) async throws(ClientError) { _ = try await command("DELE", path) }

  /// Renames or moves a file or directory (RNFR, RNTO).
  public func rename(_ path: RemotePath, to target: RemotePath) async throws(ClientError) {
    try await enter()
    defer { leave() }
    // Looked at first: between the two commands nothing else may be said.
    guard !target.bytes.contains(where: { [0, 0x0A, 0x0D].contains($0) }) else {
      throw ClientError(.usage, "RNTO cannot be said of a name with a line end or NUL in it")
    }
    let first = try await exchange(Command(verb: "RNFR", argument: path.bytes))
    guard first.kind == .intermediate else { throw .refusal(first, of: "RNFR \(path)") }
    try await perform(Command(verb: "RNTO", argument: target.bytes))
  }

  /// Sets when a file was last changed (MFMT), in whole seconds since 1970, UTC.
  public func setModificationTime(_ path: RemotePath, _ seconds: Int64) async throws(ClientError) {
    try await enter()
    defer { leave() }
    try await perform(.modificationTime(seconds, pathname: path.bytes))
  }

  /// Sets the permission bits of a file (SITE CHMOD).
  public func setMode(_ path: RemotePath, _ mode: UInt16) async throws(ClientError) {
    try await enter()
    defer { leave() }
    try await perform(.changeMode(mode, path))
  }

  /// Makes a symbolic link (SITE SYMLINK, as weftpd and ProFTPD's mod_site_misc have it).
  ///
  /// - Parameter target: where it points to, as the text it is.
  public func makeLink(_ path: RemotePath, to target: RemotePath) async throws(ClientError) {
    guard !(path.bytes + target.bytes).contains(0x22) else {
      throw ClientError(.usage, "SITE SYMLINK cannot be said of a name with a double quote in it")
    }
    func word(_ bytes: [UInt8]) -> [UInt8] { bytes.contains(0x20) ? [0x22] + bytes + [0x22] : bytes }
    try await site(Array("SYMLINK ".utf8) + word(target.bytes) + [0x20] + word(path.bytes))
  }

  /// A command with its argument in a turn of its own.
  private func command(_ verb: Verb, _ path: RemotePath = RemotePath([])) async throws(ClientError) -> ReceivedReply {
    try await enter()
    defer { leave() }
    return try await perform(Command(verb: verb, argument: path.bytes))
  }
}

// Other commands.
extension ClientSession {
  /// Says nothing (NOOP): the server answers, so it is still there.
  public func noop() async throws(ClientError) { _ = try await command("NOOP") }

  /// What the server tells of itself, or of a path (STAT); not during a transfer.
  public func status(_ path: RemotePath? = nil) async throws(ClientError) -> ReceivedReply {
    try await command("STAT", path ?? RemotePath([]))
  }

  /// The kind of system the server says it is (SYST).
  public func system() async throws(ClientError) -> String {
    RemotePath.printable(try await command("SYST").text)
  }

  /// The server's help (HELP).
  public func help(_ topic: String = "") async throws(ClientError) -> ReceivedReply {
    try await command("HELP", RemotePath(topic))
  }

  /// A command of the server's own (SITE).
  @discardableResult
  public func site(_ argument: [UInt8]) async throws(ClientError) -> ReceivedReply {
    try await command("SITE", RemotePath(argument))
  }
}

extension Command {
  /// SITE CHMOD with the permission bits 0o7777.
  static func changeMode(_ mode: UInt16, _ path: RemotePath) -> Command {
    Command(verb: "SITE", argument: Array("CHMOD \(String(mode & 0o7777, radix: 8)) ".utf8) + path.bytes)
  }
}
