// A directory as a zip archive, sent while FTP lists and fetches it: nothing is kept on this host.

import FTPClient
import FTPProtocol
import HTTPTypes
import Hummingbird

extension FilePages {
  /// More entries than this are not sent.
  private static let zipLimit = 100_000

  func zip(_ path: RemotePath, _ account: FileAccount) async throws -> Response {
    // Found out before the answer begins, since afterwards nothing can be said any more.
    _ = try await account.withSession { try await $0.list(path) }
    let name = path.name.isEmpty ? Array("files".utf8) : path.name
    let fresh = FileWriter()
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/zip", .policy: Policy.file,
        .contentDisposition: Self.disposition(name + Array(".zip".utf8), isShown: false),
      ],
      body: .init { writer in
        try await account.withSession { session in
          var zip = ZipWriter()
          var failed: [String] = []
          var open: [(path: RemotePath, name: [UInt8])] = [(path, name + [0x2F])]
          var count = 0
          while let (directory, prefix) = open.popLast() {
            try await writer.write(ByteBuffer(bytes: try zip.begin(prefix, modified: nil)))
            try await writer.write(ByteBuffer(bytes: try zip.end()))
            let entries: [ListedEntry]
            do throws(ClientError) { entries = try await session.list(directory) } catch {
              guard error.code == .refused || error.code == .refusedForNow else { throw error }
              failed.append("\(shown(prefix)): \(error.message)")
              continue
            }
            for entry in entries where entry.isSafeName {
              count += 1
              guard count <= Self.zipLimit else {
                throw Problem(.conflict, "There are more than \(Self.zipLimit) entries.")
              }
              if entry.kind == .directory {
                open.append((directory.appending(entry.name), prefix + entry.name + [0x2F]))
              } else if entry.kind == .file {
                do {
                  try await session.read(directory.appending(entry.name), expecting: entry.size) { bytes in
                    // Its head is written once the server has begun to send it: what is refused leaves no trace.
                    try await writer.write(
                      ByteBuffer(bytes: try zip.begin(prefix + entry.name, modified: entry.modified?.seconds)))
                    var out = fresh
                    for try await piece in bytes {
                      try zip.add(piece)
                      try await out.write(ByteBuffer(bytes: piece), to: &writer)
                    }
                    try await writer.write(ByteBuffer(bytes: try zip.end()))
                  }
                } catch let error as ClientError where error.code == .refused || error.code == .refusedForNow {
                  failed.append("\(shown(prefix + entry.name)): \(error.message)")
                }
              } else {
                failed.append("\(shown(prefix + entry.name)): left out, it is no file")
              }
            }
          }
          if !failed.isEmpty {
            let text = Array((failed.joined(separator: "\n") + "\n").utf8)
            try await writer.write(ByteBuffer(bytes: try zip.begin(Array("left-out.txt".utf8), modified: nil)))
            try zip.add(text)
            try await writer.write(ByteBuffer(bytes: text))
            try await writer.write(ByteBuffer(bytes: try zip.end()))
          }
          try await writer.write(ByteBuffer(bytes: zip.finish()))
        }
        try await writer.finish(nil)
      })
  }
}
