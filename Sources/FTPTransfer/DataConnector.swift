// Connects to the other side's data port: a server in active mode, a client in passive mode.

import Glibc
import LinuxSystem
import MultipathTCP

/// Makes outgoing data connections.
public enum DataConnector {
  /// Connects to `target`, and waits until the connection stands.
  ///
  /// - Parameters:
  ///   - source: the address, and perhaps the port, to connect from; nil lets the kernel choose.
  ///   - policy: whether it is to be multipath.
  ///   - receives: this end will mostly receive.
  ///   - deadline: when to give up.
  /// - Throws: ``TransferBreak/connectFailed(_:_:)``, ``TransferBreak/connectTimedOut(_:)``, ``TransferBreak/notMultipath``, and what
  ///   the attendant throws.
  public static func connect(
    to target: SocketAddress, from source: SocketAddress?, policy: MultipathPolicy, receives: Bool,
    until deadline: MonotonicTime, with attendant: isolated some Attendant
  ) async throws(TransferBreak) -> DataConnection {
    let made: MadeSocket
    do throws(MultipathError) {
      made = try MultipathSocket.connect(
        to: target, from: source, policy: policy, receives: receives, reuseAddress: (source?.port ?? 0) > 0)
    } catch {
      throw .connectFailed(target, error)
    }
    let isWanted = made.kind == .multipath
    let isConnected = made.isConnected
    let socket = made.takeDescriptor()
    if !isConnected { try await finish(socket.number, target, deadline, with: attendant) }
    let isMultipath = isWanted && MultipathSocket.negotiated(socket.number) == .multipath
    if policy == .required, !isMultipath { throw .notMultipath }
    return DataConnection(socket: socket, peer: target, isMultipath: isMultipath, isReported: policy != .off)
  }

  private static func finish(
    _ socket: Int32, _ target: SocketAddress, _ deadline: MonotonicTime, with attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    do throws(TransferBreak) { try await attendant.wait(for: socket, .writable, until: deadline) } catch {
      guard case .stalled = error else { throw error }
      throw .connectTimedOut(target)
    }
    if let error = Socket.pendingError(socket) { throw .connectFailed(target, .system(error)) }
  }
}
