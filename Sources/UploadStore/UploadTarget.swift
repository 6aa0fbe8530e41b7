// What an upload fills: the steps that every kind of target has, in the order an upload takes them.

import Jail
import LinuxSystem

/// The file an upload is for. One upload uses it, on one session's executor.
///
/// An upload makes its target, which refuses what cannot be and touches nothing; opens its data connection; calls ``begin(_:)``; writes
/// to ``number``; and ends with ``commit(_:)`` when the end is known to be good, else with ``abandon(isFull:)``. How much of an upload that
/// broke off can be seen afterwards, and under which name, is the target's business alone.
public protocol UploadTarget: AnyObject {
  /// The descriptor to write to, once the upload has begun.
  var number: Int32 { get }

  /// Where in the file the first byte of the upload goes; known once the upload has begun.
  var start: Int64 { get }

  /// Where in the target the first byte of the upload will be, as far as is known: ``start``, but for what is appended at the end.
  var place: Int64 { get }

  /// Where in the file the last byte of the upload goes, and one; nil: wherever the upload ends.
  var end: Int64? { get }

  /// Opens the file. Only from here on the target is touched: a client that cannot connect has destroyed nothing.
  ///
  /// - Parameter goesOn: asked now and then when this takes long; false stops it.
  func begin(_ goesOn: () -> Bool) throws(UploadError)

  /// Everything up to `position` has been written and the client is told that it may go on from there after a break.
  ///
  /// - Returns: whether that is so: what is not kept is not promised.
  func keep(upTo position: Int64) -> Bool

  /// All has come: the file gets the bytes it is to have besides those of the upload. ``commit(_:)`` does this itself where it was not
  /// called.
  func complete(_ goesOn: () -> Bool) throws(UploadError)

  /// All has come: the file is now what the upload made of it.
  ///
  /// - Parameter goesOn: asked now and then when this takes long; false stops it.
  /// - Throws: what the file system has kept back until now (quota, network), too; ``UploadError/stopped``.
  func commit(_ goesOn: () -> Bool) throws(UploadError)

  /// Whether ``commit(_:)`` may take so long that it should not hold a session's worker.
  var needsThread: Bool { get }

  /// So many bytes have come until now; told every few million bytes.
  func progressed(by bytes: UInt64)

  /// What has to be waited for before more is taken, because the disk is slower than the client; nil if nothing has. It blocks, so it is for
  /// another thread; the target is not to be touched meanwhile.
  func overdue() -> (@Sendable () -> Void)?

  /// All that will come has come and is written: so many bytes, whether that is well or not.
  func ended(after bytes: UInt64)

  /// The upload failed.
  ///
  /// - Parameter isFull: because there was no room for it: then nothing is kept that was not there before.
  func abandon(isFull: Bool)
}

extension UploadTarget {
  public var place: Int64 { start }

  public var end: Int64? { nil }

  /// ``abandon(isFull:)`` for any other reason.
  public func abandon() { abandon(isFull: false) }

  public var needsThread: Bool { false }

  public func progressed(by bytes: UInt64) {}

  public func complete(_ goesOn: () -> Bool) throws(UploadError) {}

  public func overdue() -> (@Sendable () -> Void)? { nil }

  public func ended(after bytes: UInt64) {}

  /// ``begin(_:)`` where nothing stops it.
  public func begin() throws(UploadError) { try begin { true } }

  public func keep(upTo position: Int64) -> Bool { false }
}
