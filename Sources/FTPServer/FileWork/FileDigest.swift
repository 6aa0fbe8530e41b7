// Reads a range of a file and computes its digest, on a worker's thread.

import LinuxSystem
import TransportSecurity

/// A digest to be computed.
struct FileDigest: Sendable {
  /// Bytes read at a time: few calls, and a stop is seen within milliseconds.
  private static let chunk = 1024 * 1024

  let file: SharedFile
  let range: Range<Int64>
  let algorithm: DigestAlgorithm

  /// - Throws: ``FTPError/busy(_:)`` when the file became shorter meanwhile, ``FTPError/stopped(removed:)`` when it was stopped,
  ///   ``FTPError/parameter(_:)`` when the library refuses the algorithm.
  func compute(_ progress: WorkProgress) throws(FTPError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    File.adviseSequential(file.number, range)
    var digest = try inLibrary { () throws(OpenSSLError) in try Digest(algorithm) }
    var position = range.lowerBound
    while position < range.upperBound {
      try progress.checkForStop()
      let bytes = try read(into: buffer, at: position)
      position += Int64(bytes.count)
      progress.count(bytes.count)
      do throws(OpenSSLError) { try digest.update(bytes) } catch { throw Self.refused(algorithm, error) }
    }
    do throws(OpenSSLError) { return try digest.finish() } catch { throw Self.refused(algorithm, error) }
  }

  private func read(
    into buffer: UnsafeMutableRawBufferPointer, at position: Int64
  ) throws(FTPError) -> UnsafeRawBufferPointer {
    let wanted = Int(min(range.upperBound - position, Int64(buffer.count)))
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
    let count = try onFile { () throws(SystemError) in try File.read(file.number, into: room, at: position) }
    if count == 0 { throw .busy("The file became shorter while it was read. Try again.") }
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  private func inLibrary<Result: ~Copyable>(
    _ body: () throws(OpenSSLError) -> Result
  ) throws(FTPError) -> Result {
    do throws(OpenSSLError) { return try body() } catch { throw Self.refused(algorithm, error) }
  }

  private static func refused(_ algorithm: DigestAlgorithm, _ error: OpenSSLError) -> FTPError {
    .parameter("\(algorithm.name) cannot be computed here: \(error). Choose another with OPTS HASH.")
  }
}
