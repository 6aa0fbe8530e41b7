// STOR, APPE and STOU (RFC 959, section 4.1.3; RFC 1123, section 4.1.2.9 for STOU): one way for all targets and codecs.

import Accounts
import FTPProtocol
import FTPTransfer
import Glibc
import Jail
import LinuxSystem
import UploadStore

extension Session {
  func store(_ command: Command) async throws(FTPError) {
    // REST and RANG are for this command alone, whatever becomes of it.
    let (range, restart) = (takeRange(), takeRestart())
    // After REST, APPE does what STOR does (RFC 3659, section 5.1).
    let appends = command.verb == "APPE" && restart == RestartPoint()
    let path = try resolve(command.argument)
    await upload(UploadRequest(command: command, path: path, range: range, restart: restart, appends: appends))
  }

  func storeUnique(_ command: Command) async throws(FTPError) {
    parameters.restart = 0
    let base = command.argument.isEmpty ? Array("upload".utf8) : command.argument
    let (identity, wanted) = try require(.write, resolving: base, naming: true)
    for _ in 0..<100 {
      let suffix = Random.bytes(4).map { String($0, radix: 16) }.joined()
      let path = try resolve(wanted.bytes + Array(".\(suffix)".utf8), naming: true)
      guard try isFree(path, identity.jail) else { continue }
      return await upload(UploadRequest(command: command, path: path, isUnique: true))
    }
    throw .file(SystemError(code: EEXIST, call: "openat2"), naming: true)
  }

  /// Whether a name can be had. Where files grow under their names it is taken at once, by O_EXCL, so two clients never get the same one;
  /// elsewhere the upload's end sees to that.
  private func isFree(_ path: VirtualPath, _ jail: Jail) throws(FTPError) -> Bool {
    let mode = newFileMode
    do throws(SystemError) {
      if storesAtomically(path) {
        _ = try jail.status(of: path, followingLink: false)
        return false
      }
      _ = try jail.openForWriting(path, truncating: false, exclusive: true, exactMode: mode)
      return true
    } catch {
      if error.code == EEXIST { return false }
      if error.code == ENOENT, storesAtomically(path) { return true }
      channels.forget()
      throw .file(error, naming: true)
    }
  }

  // MARK: the one way

  /// Runs an upload: its target refuses what cannot be, the client connects, and only then the target is touched.
  private func upload(_ request: UploadRequest) async {
    let format = self.format
    await perform(TransferProgress(verb: request.command.verb, direction: .upload, path: request.path)) {
      () async throws(FTPError) in
      let stream = try lendStream(.expanding, format)
      defer { giveBack(stream) }
      if limitsTraffic(.upload) { try await requireTraffic(.upload) }
      let target = try makeTarget(request, format)
      transfer?.upload = target
      do throws(FTPError) {
        var quota: QuotaUpload?
        if context.quotas.isActive {
          quota = try await beginQuota(
            of: target, request.path, isNew: request.isUnique, announced: format.isStraight)
          transfer?.quota = quota
        }
        let opening = request.opening(format)
        let process: DataTransferProcess
        if let ready = try openDataConnectionNow(opening) {
          process = ready
        } else {
          process = try await openDataConnection(opening)
        }
        process.allowance = quota
        // Not assigned at once: what is assigned to is read meanwhile.
        let digest = runningDigest(of: target, format)
        transfer?.digest = digest
        try begin(target)
        transfer?.start = UInt64(clamping: target.place)
        try await withReservedRoom(in: target) { () async throws(FTPError) in
          try await receive(request, into: target, format, over: stream, on: process)
        }
        if format.isStraight { target.ended(after: activity.meter.bytes) }
        try requireWhole(process.data, countsBytes: format.isStraight && request.range == nil)
        if try !commitNow(target) { try await commitWithinQuota(target) }
        recordDigest(of: target)
        let done = finish(process.data, format, uniqueName: request.isUnique ? request.name : nil)
        guard let segment = target as? SegmentUpload, segment.missing > 0 else { return done }
        notePartial(of: request.path)
        return Reply(226, "Segment stored; \(segment.missing) bytes of the file are still missing.")
      } catch {
        if format.isStraight { target.ended(after: activity.meter.bytes) }
        let isElsewhere = transfer?.quota?.isElsewhere(target.number) ?? false
        target.abandon(isFull: error.isForWantOfRoom)
        await endQuota(isElsewhere: isElsewhere)
        giveTrafficBack(after: error)
        recordDigest(of: target)
        notePartial(of: request.path)
        throw error
      }
    }
  }

  /// The file the upload fills: one without a name, or where uploads are direct and every byte of the client's is a byte of a file, the
  /// target itself. RANG writes into the target, too.
  private func makeTarget(_ request: UploadRequest, _ format: TransferFormat) throws(FTPError) -> any UploadTarget {
    let jail: Jail
    if let permission = request.permission {
      jail = try require(permission, at: request.path).jail
    } else {
      jail = try requireStoring(at: request.path).jail
    }
    let (path, mode) = (request.path, newFileMode)
    let isAtomic = storesAtomically(path)
    let isDurable = configuration.uploads.durability == .commit
    if isAtomic, format.isStraight, let part = segment(request, in: jail) {
      let options = uploadOptions(request, format, isAtomic: isAtomic)
      let target = try onUpload { () throws(UploadError) in
        try SegmentUpload(
          path, in: jail, part.part, total: part.total, owner: identity?.account.name ?? [], among: context.segments,
          options)
      }
      setTotal(UInt64(clamping: (target.end ?? 0) - target.start))
      return target
    }
    if let range = request.range {
      try requireRangeParameters(format)
      setTotal(range.upperBound - range.lowerBound &+ 1)
      return try onUpload { () throws(UploadError) in
        try InPlaceUpload(path, in: jail, at: .within(range), mode: mode, isDurable: isDurable)
      }
    }
    do throws(FTPError) {
      try requireRestart(request.restart, format)
      let offset = request.restart.fileOffset
      // TYPE A and E cannot fail to convert, and MODE Z goes in place from REST's offset on.
      if !isAtomic, format.writesInPlace || (offset > 0 && format.mode == .deflate) {
        let place: InPlaceUpload.Place = request.appends ? .end : .from(offset)
        return try onUpload { () throws(UploadError) in
          try InPlaceUpload(path, in: jail, at: place, mode: mode, isClaimed: request.isUnique, isDurable: isDurable)
        }
      }
      let start: StagedUpload.Start = request.appends ? .end : offset > 0 ? .offset(offset) : .new
      let options = uploadOptions(request, format, isAtomic: isAtomic)
      return try onUpload { () throws(UploadError) in
        do throws(UploadError) { return try StagedUpload(path, in: jail, at: start, options) } catch {
          // A file that may be written, in a directory where nothing can be made: there is no other way than to write into it.
          guard format.writesInPlace, case .file(let cause) = error, cause.code == EACCES || cause.code == EROFS,
            jail.isAccessible(path, mode: W_OK)
          else { throw error }
          return try InPlaceUpload(
            path, in: jail, at: request.appends ? .end : .from(offset), mode: mode, isDurable: isDurable)
        }
      }
    } catch {
      if request.isUnique, !isAtomic { try? jail.removeFile(path) }
      throw error
    }
  }

  /// Which part of a file the upload brings, if others bring the rest: RANG tells it together with the whole size, which ALLO has
  /// announced. REST goes on with what has come in that way.
  private func segment(_ request: UploadRequest, in jail: Jail) -> (part: SegmentUpload.Part, total: Int64?)? {
    let announced = transfer?.announced
    if let range = request.range {
      guard let announced, let total = Int64(exactly: announced), range.upperBound < announced else { return nil }
      // ALLO can mean the bytes that come now: then they are written over the first ones of a longer file.
      if range.lowerBound == 0, range.upperBound + 1 == announced,
        let size = try? jail.status(of: request.path).size, size > announced
      {
        return nil
      }
      return (.range(range), total)
    }
    let offset = request.restart.fileOffset
    guard offset > 0 || request.appends, request.restart == RestartPoint(fileOffset: offset),
      let partial = partial(request.path, in: jail), let total = partial.total
    else { return nil }
    if request.appends {
      return (try? jail.status(of: request.path)) == nil ? (.restBehindPrefix, nil) : nil
    }
    guard offset <= partial.prefix || announced == UInt64(clamping: total) else { return nil }
    return (.rest(from: offset), nil)
  }

  private func uploadOptions(
    _ request: UploadRequest, _ format: TransferFormat, isAtomic: Bool
  ) -> UploadOptions {
    let settings = configuration.uploads
    var options = UploadOptions(mode: newFileMode)
    // Where files are direct, STOU has taken its name.
    options.isExclusive = request.isUnique && isAtomic
    options.carriesAttributes = settings.keepsAttributes
    options.isDurable = settings.durability == .commit
    // Anonymous users are not told from each other: what one of them has begun is not for the next to go on with.
    let isAnonymous = identity?.account.isAnonymous ?? false
    if settings.keepsPartials == .zero || request.isUnique || isAnonymous {
      options.remainder = .nothing
    } else {
      options.remainder = isAtomic && format.countsBytes && !format.endsInBand ? .everything : .toMarker
    }
    return options
  }

  private func begin(_ target: any UploadTarget) throws(FTPError) {
    var stop: TransferBreak?
    do throws(UploadError) {
      try target.begin {
        do throws(TransferBreak) { try attend() } catch { stop = error }
        return stop == nil
      }
    } catch {
      throw stop.map { FTPError($0) } ?? FTPError(error)
    }
  }

  /// Receives all of the upload, as it is or through the codec of TYPE, STRU and MODE.
  private func receive(
    _ request: UploadRequest, into target: any UploadTarget, _ format: TransferFormat, over stream: DeflateStream?,
    on process: DataTransferProcess
  ) async throws(FTPError) {
    let (file, start, witness) = (target.number, target.start, transfer?.digest)
    if let end = target.end {
      try await transferring { () async throws(TransferBreak) in
        try await process.receive(into: file, exactly: start..<max(start, end), with: self)
      }
    } else if format.isStraight {
      try await transferring { () async throws(TransferBreak) in
        try await process.receive(into: file, at: start, seenBy: witness, with: self)
      }
    } else {
      let point =
        request.restart == RestartPoint() ? RestartPoint(fileOffset: UInt64(clamping: start)) : request.restart
      let decoder = WireDecoder(format, over: stream, from: point)
      // Not assigned at once: the transfer is read while this waits, which would be an access conflict and end the process.
      let written = try await transferring { () async throws(TransferBreak) -> UInt64 in
        try await process.receiveCoded(into: file, through: CodedInput(decoder, format, at: start), with: self)
      }
      transfer?.written = written
    }
  }

  /// Runs `body` with the room reserved that ALLO has asked for.
  private func withReservedRoom(
    in target: any UploadTarget, _ body: () async throws(FTPError) -> Void
  ) async throws(FTPError) {
    var reservation: Reservation?
    if !(target is SegmentUpload), let size = (transfer?.announced).flatMap({ Int64(exactly: $0) }) {
      reservation = try onUpload { () throws(UploadError) in
        try Reservation(
          of: size, in: target.number, at: target.start, limit: Int64(clamping: configuration.uploads.reservation))
      }
    }
    defer { reservation?.giveBack() }
    try await body()
  }

  private func onUpload<Result>(_ body: () throws(UploadError) -> Result) throws(FTPError) -> Result {
    do { return try body() } catch { throw FTPError(error) }
  }
}

/// What the client asked for.
private struct UploadRequest {
  let command: Command
  let path: VirtualPath
  var range: ClosedRange<UInt64>?
  var restart = RestartPoint()
  /// Behind what the file has.
  var appends = false
  /// The server has made up the name (STOU).
  var isUnique = false

  /// What the user has to be allowed; nil: to store a file, see ``Session/requireStoring(at:)``.
  var permission: AccountPermissions? {
    if range != nil { return [.write, .overwrite] }
    if isUnique { return .write }
    return appends ? .append : nil
  }

  var name: [UInt8] { path.lastComponent.map { Array($0) } ?? [] }

  /// The 150 reply. STOU's tells the name (RFC 1123, section 4.1.2.9).
  func opening(_ format: TransferFormat) -> Reply {
    isUnique
      ? Reply(150, bytes: Array("FILE: ".utf8) + name)
      : Reply.opening(name: command.argument, byteCount: nil, type: format.type)
  }
}
