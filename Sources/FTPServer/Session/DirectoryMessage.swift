// What a directory has to say to whoever comes: the file that `files.message` names, shown after a login and after CWD.

import FTPProtocol
import Jail
import LinuxSystem

extension Session {
  /// Bytes of a message; a larger file is no message.
  private static let messageLimit = 4096

  /// The lines of the message of a directory, as a reply of several lines has them; none if there is no message.
  func message(in directory: VirtualPath, for identity: Identity) -> [[UInt8]] {
    guard let name = configuration.files.message, let path = try? directory.resolving(Array("./\(name)".utf8)),
      path.parent == directory, let file = messageFile(path, for: identity),
      (1...UInt64(Self.messageLimit)).contains(file.status.size)
    else { return [] }
    var text = [UInt8](repeating: 0, count: Int(file.status.size))
    let number = file.descriptor.number
    let count = text.withUnsafeMutableBytes { try? File.read(number, into: $0, at: 0) } ?? 0
    _ = consume file
    var lines = Self.lines(of: text.prefix(count))
    if lines.last == [0x20] { lines.removeLast() }
    return lines
  }

  /// Names that begin with a dot are often hidden from users, and the message is to be shown all the same.
  private func messageFile(_ path: VirtualPath, for identity: Identity) -> OpenFile? {
    if let file = try? identity.jail.openForReading(path) { return file }
    guard identity.answers != nil, let name = path.lastComponent else { return nil }
    return try? identity.jail.openForReading(Array(name), ofDirectory: path.parent)
  }

  /// Lines of text, each behind a blank: none can be taken for the end of a reply.
  static func lines(of text: some Collection<UInt8>) -> [[UInt8]] {
    text.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { line in [0x20] + (line.last == 0x0D ? Array(line.dropLast()) : Array(line)) }
  }
}
