// TLS handshakes of a session, on its control and its data connections, and how TLS ends there.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import Logging
import Reactor
import TransportSecurity

extension Session {
  // MARK: the control connection

  /// The certificates in use now; changed files are noticed here, and the log tells of them.
  func currentTLS() -> TLSContext? {
    switch context.tls?.refresh() {
    case .renewed(let renewed)?:
      context.logger.notice("new certificates: SHA-256 \(renewed.fingerprints.joined(separator: ", "))")
    case .refused(let error)?:
      context.logger.error("\(error); previous certificates kept")
    case nil: break
    }
    return context.tls?.current
  }

  /// Runs the handshake of the control connection; false when it came to nothing.
  func secureControl(_ tls: TLSContext) async -> Bool {
    let handshake = MonotonicTime.now.advanced(by: configuration.security.handshake.inNanoseconds)
    let deadline = min(handshake, greeted.advanced(by: configuration.timeouts.login.inNanoseconds))
    do throws(TLSError) {
      let connection: TLSConnection
      do throws(FTPError) { connection = try control.beginTLS(tls, namedHost: virtualHost?.name) } catch {
        tell(.error, "cannot start TLS", record(note: "\(error)"))
        return false
      }
      while case .wants(let readiness) = try connection.handshake() {
        switch await parking.wait(control.number, readiness, until: deadline) {
        case .ready: break
        case .deadline: return refuseHandshake("no TLS handshake in time", tellInClear: control.rules.isImplicit)
        case .called: if context.ending.load(ordering: .relaxed) != .no { return false }
        }
      }
      control.protection = .secured
      control.reader.discardBufferedBytes()
      lastCommand = .now
      protection = initialProtection
      activity.note(tls: connection.summary)
      tell(.debug, "control connection under TLS", record(tls: connection.summary))
      return keepsItsHost()
    } catch {
      return refuseHandshake("\(error)", tellInClear: error.isForeign && control.rules.isImplicit)
    }
  }

  /// Ends a session whose HOST and whose TLS handshake name different hosts.
  private func keepsItsHost() -> Bool {
    if agreesWithTLS() { return true }
    reply(Reply(421, "HOST and the TLS handshake named different hosts. Goodbye."))
    tell(.notice, "HOST and the TLS handshake name different hosts", record(result: 421))
    return false
  }

  private func refuseHandshake(_ why: String, tellInClear: Bool) -> Bool {
    tell(.notice, "TLS handshake failed", record(note: why))
    if tellInClear {
      // Not TLS: then its client can read this.
      control.tls = nil
      control.protection = .clear
      control.sendAtOnce(Reply(421, "This port speaks TLS from the first byte on (implicit FTPS). Goodbye."))
    }
    return false
  }

  /// The handshake that comes before the greeting on an implicit listener.
  func secureImplicitly() async -> Bool {
    guard let tls = currentTLS() else {
      tell(.error, "no certificate for an implicit listener", record())
      return false
    }
    return await secureControl(tls)
  }

  // MARK: data connections

  /// Puts a data connection under TLS, the server always being TLS's server (RFC 4217, section 7), and looks whose it is.
  ///
  /// - Parameter early: what has come of its handshake already.
  func secure(_ data: DataConnection, early: EarlyDataConnection? = nil) async throws(FTPError) {
    guard let control = control.tls else { throw .noDataConnection("PROT P needs AUTH TLS.") }
    let receives = transfer?.direction == .upload
    let byKernel = context.kernelEncrypts && !receives && !data.isMultipath
    let deadline = MonotonicTime.now.advanced(by: configuration.security.handshake.inNanoseconds)
    do throws(TransferBreak) {
      let connection: TLSConnection
      do throws(TLSError) {
        if let failure = early?.failure { throw failure }
        if let begun = early?.tls {
          connection = begun
        } else {
          data.prepareForTLS()
          connection = try makeDataTLS(over: data, of: control, receives: receives, byKernel: byKernel)
        }
      } catch {
        throw .handshakeFailed(error)
      }
      try await data.secure(with: connection, until: deadline, attendant: self)
    } catch {
      throw FTPError(error)
    }
    try checkBinding(data)
  }

  /// Whether a data connection has resumed the TLS session of this control connection, and what follows if not.
  private func checkBinding(_ data: DataConnection) throws(FTPError) {
    // Another server has no session of this control connection to resume: it is known by its address, which the operator has listed.
    guard control.dataPolicy.isClient(data.peer.address) else { return }
    if data.tls?.isResumed == true {
      protection.hasResumed = true
      return
    }
    switch configuration.security.dataSession {
    case .off: return
    case .prefer:
      guard !protection.hasToldOfNoResumption else { return }
      protection.hasToldOfNoResumption = true
      tell(
        .info,
        protection.hasResumed
          ? "a data connection did not resume the TLS session, although earlier ones did: only its address and port were checked"
          : "data connections do not resume the TLS session: only their address and port are checked", record())
    case .require:
      data.close()
      tell(
        .notice, "refused a data connection that did not resume the TLS session", record(result: 522))
      throw .dataProtection(
        "Data connections must resume the TLS session of the control connection (tls.data-session=require):"
          + " turn session resumption on in your client.")
    }
  }
}
