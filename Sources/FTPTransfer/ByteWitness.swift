// Sees the bytes of an upload pass, in order.

/// Whoever wants to see what an upload brings while it comes. It costs the copy that a large file otherwise does without.
public protocol ByteWitness: AnyObject {
  /// The next bytes have been written.
  func received(_ bytes: UnsafeRawBufferPointer)
}
