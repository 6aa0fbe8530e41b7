// What a program of somebody else's does with FTPClient: session, listing, bytes, mirror, with no other module of this house.

import FTPClient

func run(_ host: String) async throws {
  let runtime = try ClientRuntime()
  var options = ClientOptions()
  options.security = .required
  let session = try await ClientSession.connect(to: host, options: options, runtime: runtime)
  try await session.login(Credentials(user: "alice", password: "secret"))
  for entry in try await session.list("pub") where entry.isSafeName { print(RemotePath(entry.name)) }
  let size = try await session.read("pub/notes.txt") { bytes in
    var size = 0
    for try await piece in bytes { size += piece.count }
    return size
  }
  print(size)
  var mirror = Mirror(.down, session, local: try LocalDirectory("copy"), remote: "pub")
  mirror.options.deletes = true
  mirror.pool = SessionPool(limit: 4) { [options] () async throws(ClientError) in
    let other = try await ClientSession.connect(to: host, options: options, runtime: runtime)
    try await other.login(Credentials(user: "alice", password: "secret"))
    return other
  }
  let report = try await mirror.run(try await mirror.plan().plan)
  print(report.copied, report.bytes, report.failures.map(\.error.code))
  await mirror.pool?.quit()
  await session.quit()
}

if let host = CommandLine.arguments.dropFirst().first {
  do { try await run(host) } catch let error as ClientError { print(error.code.rawValue, error.retry) }
}
