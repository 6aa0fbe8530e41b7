// Puts a data connection under TLS (RFC 4217, section 9).

import LinuxSystem
import TransportSecurity

extension DataConnection {
  /// Runs the handshake of `connection`, which was made over this one's socket, and has all further bytes pass through it.
  ///
  /// - Parameter deadline: when to give up.
  /// - Throws: ``TransferBreak/handshakeFailed(_:)``, ``TransferBreak/handshakeTimedOut``, and what the attendant throws.
  public func secure(
    with connection: TLSConnection, until deadline: MonotonicTime, attendant: isolated some Attendant
  ) async throws(TransferBreak) {
    while case .wants(let readiness) = try Self.handshake(connection) {
      do throws(TransferBreak) { try await attendant.wait(for: number, readiness, until: deadline) } catch {
        guard case .stalled = error else { throw error }
        throw .handshakeTimedOut
      }
    }
    use(connection)
  }

  private static func handshake(_ connection: TLSConnection) throws(TransferBreak) -> TLSConnection.Step {
    do { return try connection.handshake() } catch { throw .handshakeFailed(error) }
  }
}
