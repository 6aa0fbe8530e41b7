// What all transfers of a process share: buffers, pipes and zlib's states.

/// The pools that transfers lend from. One for a process is enough.
public final class TransferPools: Sendable {
  public let buffers = BufferPool()
  let pipes = PipePool()
  public let deflates = DeflatePool()

  public init() {}
}
