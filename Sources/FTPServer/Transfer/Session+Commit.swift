// The end of an upload: whether it is known to be whole, and the step that gives it its name, on a thread of its own if it takes long.

import FTPProtocol
import FTPTransfer
import Jail
import LinuxSystem
import TransportSecurity
import UploadStore

/// A digest that the client has announced for its next upload (SITE EXPECT).
struct ExpectedDigest: Sendable, Hashable {
  let algorithm: DigestAlgorithm
  let value: [UInt8]
}

/// An upload's target on its way to another thread and back. The session waits meanwhile and does not touch it.
private struct LentTarget: @unchecked Sendable {
  let target: any UploadTarget
}

extension Session {
  /// How many uploads may reach the disk at once: file systems have many of them share one write.
  private static let concurrentCommits = 32

  /// Refuses an upload whose end is not known to be good.
  ///
  /// - Parameter countsBytes: the bytes that came are bytes of the file, all of which ALLO may have announced.
  func requireWhole(_ data: DataConnection, countsBytes: Bool) throws(FTPError) {
    try requireCloseNotify(data)
    if countsBytes, let transfer, let announced = transfer.announced,
      transfer.isAsAnnounced(activity.meter.bytes) == false,
      activity.meter.bytes < announced
    {
      throw .broken(.endedBeforeAnnounced(missing: announced - activity.meter.bytes))
    }
    // A client that has gone does not get what it cannot hear of.
    do throws(TransferBreak) { try attend() } catch { throw FTPError(error) }
    if looksKilled { throw .broken(.endUnknown) }
  }

  /// Whether the end of the upload's data may be that of the client itself: a process that is killed ends both its connections, and its
  /// data end as if that were all of them.
  private var looksKilled: Bool { inputEnded && endIsUnproven }

  /// Whether the end of the data alone says that they are whole: no close_notify, no size, no digest.
  private var endIsUnproven: Bool {
    guard let transfer, transfer.format.writesInPlace, transfer.expected == nil else { return false }
    return channels.current?.tls == nil && transfer.isAsAnnounced(activity.meter.bytes) != true
  }

  /// Has the target be what the upload made of it, if nothing has to be waited for; false: nothing was done, so ``commitWithinQuota(_:)``.
  func commitNow(_ target: any UploadTarget) throws(FTPError) -> Bool {
    guard transfer?.quota == nil, transfer?.expected == nil, !target.needsThread else { return false }
    let began = context.meter == nil ? nil : MonotonicTime.now
    try commitHere(target)
    if let began { context.meter?.uploadCommitted(nanoseconds: MonotonicTime.now.since(began)) }
    return true
  }

  private func commitHere(_ target: any UploadTarget) throws(FTPError) {
    do throws(UploadError) { try target.commit { true } } catch { throw FTPError(error) }
    transfer?.start = UInt64(clamping: target.place)
  }

  /// Has the target be what the upload made of it. The control connection is served meanwhile; ABOR stops what can still be stopped.
  func commit(_ target: any UploadTarget) async throws(FTPError) {
    let began = context.meter == nil ? nil : MonotonicTime.now
    try await commitTarget(target)
    if let began { context.meter?.uploadCommitted(nanoseconds: MonotonicTime.now.since(began)) }
  }

  private func commitTarget(_ target: any UploadTarget) async throws(FTPError) {
    let expected = transfer?.expected
    if expected == nil, !target.needsThread { return try commitHere(target) }
    let lent = LentTarget(target: target)
    let running = transfer?.digest
    // Looked at once more before the last step, by the thread that does it: this session may not have got its turn since a killed client's
    // control connection ended.
    let control = endIsUnproven ? self.control.number : -1
    let job = FileJob<Void> { (progress) throws(FTPError) in
      do throws(UploadError) { try lent.target.complete { !progress.shouldStop() } } catch { throw FTPError(error) }
      if let expected {
        if let segment = lent.target as? SegmentUpload {
          segment.verify = { (file, size) throws(UploadError) in try Self.verify(file, size, expected, progress) }
        } else {
          try Self.check(lent.target, expected, running, progress)
        }
      }
      do throws(UploadError) {
        try lent.target.commit { !progress.shouldStop() && !Poll.wait(control, .hangUp, milliseconds: 0) }
      } catch { throw FTPError(error) }
    }
    try await finish(job)
    transfer?.start = UInt64(clamping: target.place)
  }

  /// Gives the job to a thread that may wait for the disk; its end wakes this session.
  ///
  /// - Returns: false if there is too much to do.
  private func submit(_ job: FileJob<Void>) -> Bool {
    let parking = self.parking
    let ticket = context.commitPool.submit(for: workOwner, concurrency: Self.concurrentCommits) { turn in
      job.run(turn)
      parking.wake()
    }
    return ticket != nil
  }

  /// Has `work` done by a thread that may wait for the disk, and waits for that thread. It does not take long, so nothing else is looked at
  /// meanwhile.
  func waitOnDisk(_ work: @escaping @Sendable () -> Void) async {
    let job = FileJob<Void> { (_) throws(FTPError) in work() }
    guard submit(job) else { return }
    while job.result == nil { _ = await parking.sleep(until: .never) }
    // The word that ends the session may have come in the same wake.
    if isToldToStop { parking.wake() }
  }

  /// Waits until names that were made, changed or removed are on the disk, where an upload's are, too.
  func reachDisk(_ command: Command, in jail: Jail, _ first: VirtualPath, _ others: [VirtualPath] = [])
    async throws(FTPError)
  {
    guard configuration.uploads.durability == .commit else { return }
    var parents: [VirtualPath] = []
    var directories: [SharedFile] = []
    for path in [first] + others where !parents.contains(path.parent) {
      parents.append(path.parent)
      if let directory = jail.directoryToSync(of: path) { directories.append(SharedFile(directory)) }
    }
    if directories.isEmpty { return }
    let synced = directories
    try await offload(command, first, to: context.commitPool, concurrency: Self.concurrentCommits) {
      (_) throws(FTPError) in
      for directory in synced { try onFile { () throws(SystemError) in try File.sync(directory.number) } }
    }
  }

  /// How a file that was made by a command, and not by an upload, gets its name.
  var commitOptions: CommitOptions {
    CommitOptions(
      carriesAttributes: configuration.uploads.keepsAttributes,
      sync: configuration.uploads.durability == .commit ? .everything : .lateErrors)
  }

  /// Waits for the job whatever happens: an upload that is about to get its name is not left half-way.
  private func finish(_ job: FileJob<Void>) async throws(FTPError) {
    guard submit(job) else { throw .busy("Too many such operations are running. Try again later.") }
    var isStopped = false
    while job.result == nil {
      do throws(TransferBreak) {
        if !isStopped, control.reader.hasBufferedBytes { try answerDuringTransfer(isPipelined: true) }
        let reading: Readiness = listensToControl && !isStopped ? .readable : []
        let interest: Readiness = [reading, control.hasOutput && !isStopped ? .writable : []]
        switch await parking.wait(interest.isEmpty ? -1 : control.number, interest, until: .never) {
        case .ready:
          try serveControlConnection()
          // The data connection of a killed client may end a moment before its control connection does.
          if looksKilled { throw .endUnknown }
        case .called: if isToldToStop { throw .ending }
        case .deadline: break
        }
      } catch {
        isStopped = true
        job.progress.stop()
      }
    }
    if case .failure(let error)? = job.result { throw error }
  }

  /// Compares what has come with the digest that was announced.
  private static func verify(
    _ file: Int32, _ size: Int64, _ expected: ExpectedDigest, _ progress: WorkProgress
  ) throws(UploadError) {
    do throws(FTPError) { try check(file, size, expected, progress) } catch {
      switch error {
      case .file(let cause, _): throw .file(cause)
      case .stopped: throw .stopped
      default: throw .wrongDigest
      }
    }
  }

  private static func check(
    _ target: any UploadTarget, _ expected: ExpectedDigest, _ running: RunningDigest?, _ progress: WorkProgress
  ) throws(FTPError) {
    let size = try onFile { () throws(SystemError) in try File.status(target.number).size }
    if let running, running.algorithm == expected.algorithm, running.count == size,
      let value = running.value(of: size)
    {
      if value == expected.value { return }
      throw FTPError(UploadError.wrongDigest)
    }
    try check(target.number, Int64(clamping: size), expected, progress)
  }

  private static func check(
    _ file: Int32, _ size: Int64, _ expected: ExpectedDigest, _ progress: WorkProgress
  ) throws(FTPError) {
    let file = try onFile { () throws(SystemError) in SharedFile(try File.duplicate(file)) }
    let work = FileDigest(file: file, range: 0..<size, algorithm: expected.algorithm)
    guard try work.compute(progress) == expected.value else {
      throw FTPError(UploadError.wrongDigest)
    }
  }
}
