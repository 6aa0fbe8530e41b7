// Several files of one command, copied in pipelines and by several sessions, with new tries for what broke.

import FTPClient
import FTPProtocol
import LinuxSystem
import Synchronization

struct ManyFiles: Sendable {
  private let direction: TransferBatch.Direction
  private let connector: Connector
  private let url: ServerURL
  private let directory: LocalDirectory
  private let copy: CopyArguments
  private let options: WholeFileOptions

  init(
    _ direction: TransferBatch.Direction, _ connector: Connector, _ url: ServerURL, _ directory: LocalDirectory,
    _ copy: CopyArguments, _ options: WholeFileOptions
  ) {
    self.direction = direction
    self.connector = connector
    self.url = url
    self.directory = directory
    self.copy = copy
    self.options = options
  }

  /// A file of the directory, to be sent.
  func file(_ name: [UInt8], to path: RemotePath) throws(ClientError) -> TransferBatch.File {
    guard let status = try directory.status(name) else {
      throw ClientError(
        .localFile, "there is no \(directory.path(of: name))",
        cause: SystemError(code: SystemCode.noSuchFile, call: "open"))
    }
    let time = ListedTime(
      seconds: status.modified, nanoseconds: status.modifiedNanoseconds, precision: .fraction)
    // Of a link the size is another one: it is found out when the file is open.
    return TransferBatch.File(path, local: name, size: status.isRegular ? status.size : nil, modified: time)
  }

  /// Copies all of them, and says what failed.
  ///
  /// - Returns: how many failed.
  func run(_ files: [TransferBatch.File]) async throws -> Int {
    let state = Mutex<(done: Set<Int>, failures: Int)>(([], 0))
    let pool = connector.pool(url, parallel: copy.parallel)
    do {
      try await connector.retrying(url) { session in
        if copy.ascii || url.type == "a" { await session.use(TransferFormat(type: .ascii(.nonPrint))) }
        let rest = files.indices.filter { index in state.withLock { !$0.done.contains(index) } }
        let meter = TransferMeter()
        var batch = TransferBatch(direction, session, directory)
        batch.options = options
        batch.pool = pool
        batch.meter = meter
        let (display, running) = (copy.display, batch)
        let total = rest.reduce(UInt64(0)) { $0 + (files[$1].size ?? 0) }
        try await display.follow("\(rest.count) files", total: total, meter) {
          try await running.run(rest.map { files[$0] }) { event in
            switch event {
            case .begins: break
            case .copied(let index, let report):
              state.withLock { _ = $0.done.insert(rest[index]) }
              copy.tell(
                files[rest[index]].local, moved: report.moved, of: report.size, report.transfer?.duration ?? .zero)
            case .failed(let index, let error):
              state.withLock {
                $0.done.insert(rest[index])
                $0.failures += 1
              }
              copy.tell(files[rest[index]].local, failed: error)
            }
          }
        }
      }
    } catch {
      await pool?.quit()
      throw error
    }
    await pool?.quit()
    return state.withLock { $0.failures }
  }
}
