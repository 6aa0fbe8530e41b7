// What a path of a URL stands for on the server: one name, or those that fit a pattern.

import FTPClient
import FTPProtocol

enum RemoteNames {
  /// A file, and what a listing told of it if there was one.
  struct Found: Sendable {
    let path: RemotePath
    let entry: ListedEntry?
  }

  /// The path itself, or what fits the pattern in its last component.
  ///
  /// A name that is there is no pattern, whatever characters it has.
  static func find(_ path: RemotePath, on session: ClientSession) async throws -> [Found] {
    guard Glob.hasMagic(path.name) else { return [Found(path: path, entry: nil)] }
    let glob = Glob(path.name)
    let directory = path.parent
    let entries = try await session.list(directory.bytes.isEmpty ? nil : directory)
    if let literal = entries.first(where: { $0.name == path.name }) { return [Found(path: path, entry: literal)] }
    let fitting = entries.filter { $0.isSafeName && glob.matches($0.name) }
    guard !fitting.isEmpty else {
      throw ClientError(.usage, "nothing fits \(path)")
    }
    return Listing.sorted(fitting, byTime: false, reversed: false).map {
      Found(path: directory.appending($0.name), entry: $0)
    }
  }
}
