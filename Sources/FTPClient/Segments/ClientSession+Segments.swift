// One part of a file over one connection: RANG where the server has it, else REST and a clean break behind the last byte that is wanted.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import TransportSecurity

extension ClientSession {
  /// Whether parts of a file can be fetched.
  var fetchesParts: Bool { features.sendsRanges || features.restartsStreams || features.features.isEmpty }

  /// Fetches a part of a file into its place in `file`.
  ///
  /// When it returns, all of the part is there, or as much as others have not taken over meanwhile; the session is at rest. When it throws,
  /// what has come is there all the same, as the claim's position says.
  ///
  /// - Parameters:
  ///   - size: bytes of the whole file.
  ///   - record: where what has come is noted.
  ///   - began: called when the server has agreed to send.
  func fetchPart(
    _ path: RemotePath, _ claim: SegmentClaim, of size: Int64, into file: Int32, _ record: ControlFile,
    meter: TransferMeter, began: @Sendable () -> Void
  ) async throws(ClientError) -> DataConnectionReport? {
    try await enter()
    defer { leave() }
    var request = TransferRequest(
      command: Command(verb: "RETR", argument: path.bytes), direction: .download,
      format: TransferFormat(type: .image))
    let (start, end) = (claim.position, claim.end)
    guard start < end else { return nil }
    let announced: Int64
    if features.sendsRanges {
      request.range = UInt64(start)...UInt64(end - 1)
      announced = end
    } else {
      request.offset = UInt64(start)
      announced = size
    }
    request.expected = UInt64(announced - start)
    request.meter = meter
    let transfer = try await begin(request)
    began()
    let sink = SegmentRecorder(claim, record) { ControlFileSync.sync(record, file) }
    // Whatever becomes of it, what has come is noted.
    defer { sink.flush() }
    let how: SegmentEnd
    do throws(TransferBreak) {
      how = try await transfer.process.receive(
        into: file, from: start, announced: announced, to: sink, with: self)
    } catch {
      throw await abandon(transfer, because: explained(error, of: transfer.what))
    }
    if let error = sink.failure { throw await abandon(transfer, because: error) }
    if how == .ended { return try await finish(transfer).connection }
    // The rest is somebody else's. The server says that the connection broke, and goes on.
    let report = transfer.process.data.report
    let enough = ClientError(.incomplete, "no more of it is wanted here")
    _ = await abandon(transfer, because: enough)
    return report
  }
}

/// Notes what comes of a part: how far it is, and a check sum for each piece.
final class SegmentRecorder: SegmentSink {
  private let claim: SegmentClaim
  private let record: ControlFile
  private let pieceSize: Int64
  /// Where the piece began that is being summed up.
  private var start: Int64
  private var position: Int64
  private var digest: Digest?
  /// The control file could not be written.
  private(set) var failure: ClientError?

  /// Called when a piece was noted.
  private let noted: () -> Void

  init(_ claim: SegmentClaim, _ record: ControlFile, noted: @escaping () -> Void = {}) {
    self.noted = noted
    self.claim = claim
    self.record = record
    pieceSize = ControlFile.pieceSize(of: record.source.size)
    start = claim.position
    position = start
  }

  // With a control file that cannot be written nothing more is wanted.
  var end: Int64 { failure == nil ? claim.end : 0 }

  func received(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let count = min(rest.count, Int(start + pieceSize - position))
      do throws(OpenSSLError) {
        if digest == nil { digest = try Digest(.crc32) }
        try digest?.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      } catch { digest = nil }
      position += Int64(count)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if position - start >= pieceSize { flush() }
    }
    claim.advance(to: position, now: MonotonicTime.now.nanoseconds)
  }

  /// Notes what has come since the last piece.
  func flush() {
    guard position > start, let finished = digest.take(), let sum = try? finished.finish() else { return }
    do throws(ClientError) { try record.add(start..<position, checkSum: sum) } catch { failure = failure ?? error }
    start = position
    noted()
  }
}
