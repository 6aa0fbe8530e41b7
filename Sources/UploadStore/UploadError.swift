// Why a file cannot take an upload.

import LinuxSystem

/// What keeps an upload from its file. The server has the reply for each.
public enum UploadError: Error, Sendable {
  /// A call on the file failed.
  case file(SystemError)
  /// The upload is to begin at `offset`, behind the end of a file of `size` bytes.
  case beyondEnd(offset: UInt64, size: UInt64)
  /// The upload is to begin where no file can reach.
  case beyondLimit(offset: UInt64)
  /// The range begins behind the end of a file of `size` bytes, which would leave a hole.
  case rangeBeyondEnd(first: UInt64, size: UInt64)
  /// The file became shorter between the check and the opening.
  case becameShorter
  /// Nothing is kept of a broken upload of this file.
  case nothingToResume
  /// What is kept of the broken upload has `size` bytes and ends before the place to go on at.
  case partialTooShort(size: UInt64)
  /// Another session fills the same partial file.
  case inUse
  /// What is kept was written to since by somebody else.
  case changedMeanwhile
  /// The segments that are there are of a file of so many bytes.
  case otherTotal(Int64)
  /// The segments that are there have too many gaps.
  case tooManyGaps
  /// The bytes at this place are there already, and are others.
  case differs(at: UInt64)
  /// The whole does not have the digest that was announced.
  case wrongDigest
  /// The caller asked to stop.
  case stopped
}

/// Runs a call on the jail, and gives its failure the form of an upload's.
func onTarget<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(UploadError) -> Result {
  do { return try body() } catch { throw .file(error) }
}
