// Changes to names: make, rename, remove; a directory with what is in it only when that was said.

import FTPClient
import FTPProtocol
import HTTPTypes
import Hummingbird

extension FilePages {
  private struct Change: Decodable {
    var act: String
    /// The new path, percent-encoded, of `rename`.
    var to: String?
  }

  func change(
    _ request: Request, _ path: RemotePath, _ session: BrowserSession, _ account: FileAccount
  ) async throws -> Response {
    let change = try await request.json(Change.self)
    try await account.withSession { ftp in
      switch change.act {
      case "mkdir": try await ftp.makeDirectory(path)
      case "rename":
        guard let to = change.to.flatMap({ percentDecoded($0[...]) }), to.first == 0x2F else {
          throw Problem(.badRequest, "The new name is missing.")
        }
        try await ftp.rename(path, to: RemotePath(to))
      case "delete": try await ftp.delete(path)
      case "rmdir": try await ftp.removeDirectory(path)
      case "remove-tree": try await Self.removeTree(path, ftp, depth: 0)
      default: throw Problem(.badRequest, "There is no such change.")
      }
    }
    return .done
  }

  /// Removes a directory and what is in it. Links are removed, not followed.
  private static func removeTree(_ path: RemotePath, _ ftp: ClientSession, depth: Int) async throws {
    guard depth < 100 else { throw Problem(.conflict, "The directories are nested too deeply.") }
    for entry in try await ftp.list(path) where entry.isSafeName {
      let inner = path.appending(entry.name)
      if entry.kind == .directory {
        try await removeTree(inner, ftp, depth: depth + 1)
      } else {
        try await ftp.delete(inner)
      }
    }
    try await ftp.removeDirectory(path)
  }
}
