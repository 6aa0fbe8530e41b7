// AUTH, PBSZ, PROT, CCC (RFC 2228, section 3; RFC 4217) and what the settings say to commands that come without protection.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import TransportSecurity

extension Session {
  /// How much TLS is asked of this client: the most that the listener (or the settings), the host and the user's option ask. A host may
  /// also switch off what is merely allowed. By a Unix socket nothing is asked: nobody else can listen there.
  var tlsMode: TLSMode {
    control.localUser == nil ? tlsModeByTCP : min(tlsModeByTCP, .allowed)
  }

  private var tlsModeByTCP: TLSMode {
    let here = control.rules.mode ?? configuration.security.mode
    let ofHost = virtualHost?.tlsMode
    let mode = here == .allowed && ofHost == .off ? .off : max(here, ofHost ?? .off)
    guard let own = identity?.account.tlsDemand else { return mode }
    return max(mode, TLSMode(own))
  }

  /// Whether AUTH is worth offering.
  var offersTLS: Bool { control.rules.isImplicit || (tlsMode != .off && context.tls?.current != nil) }

  /// Whether the control connection is protected now.
  var isSecured: Bool { control.protection == .secured }

  // MARK: commands

  /// AUTH TLS and its other names (RFC 4217, section 4 and appendix A; SSL and TLS-P settle PROT P as well).
  func authenticate(_ command: Command) async throws(FTPError) {
    let name = String(decoding: command.argument, as: UTF8.self).uppercased()
    guard ["TLS", "TLS-C", "SSL", "TLS-P"].contains(name) else {
      throw .parameter("AUTH supports only TLS: send AUTH TLS.")
    }
    if control.protection != .clear { throw .sequence("The control connection is already, or was before, under TLS.") }
    if tlsMode == .off { throw .deniedByPolicy("TLS is switched off here.") }
    // Whoever sends on before the handshake has not said it himself: what stands there in clear is not to be believed.
    // Some of it may have been read during a transfer and put off till now.
    if control.reader.hasBufferedBytes || hasPostponed { return refuseInjection(command) }
    guard let tls = currentTLS() else { throw .securityUnavailable("There is no certificate: tell the operator.") }
    channels.forget()
    reply(Reply(234, "Begin the TLS handshake."))
    guard await flush() else { throw .controlConnectionLost }
    beginAnewUnderTLS()
    guard await secureControl(tls) else {
      isEnding = true
      return
    }
    // The drafts before RFC 4217, by which AUTH SSL and AUTH TLS-P came with PROT P; AUTH SSL's users send PROT anyway.
    if name == "TLS-P" { protection = DataProtection(hasBufferSize: true, isPrivate: true) }
  }

  /// The login and all parameters start anew under TLS, whatever was given in clear (RFC 4217, section 4.2). HOST has chosen the
  /// certificate, so it stays (RFC 7151, section 3.2.2), and so does LANG.
  private func beginAnewUnderTLS() {
    if identity != nil { greeted = .now }
    logOut()
    directory = .root
    parameters = TransferParameters()
    extras?.charset = nil
    applyDefaultType()
  }

  private func refuseInjection(_ command: Command) {
    control.reader.discardBufferedBytes()
    dropPostponed()
    reply(Reply(421, "Nothing may follow AUTH before the TLS handshake. Goodbye."))
    tell(
      .warning, "ended a session that sent data in clear after AUTH",
      record(verb: command.verb, result: 421, note: "STARTTLS injection, or a client that does not wait"))
    isEnding = true
  }

  /// PBSZ (RFC 4217, section 8): TLS has its own records, so the only size is 0.
  func protectionBufferSize(_ command: Command) throws(FTPError) -> Reply {
    try requireTLS("PBSZ")
    guard let size = FileOffset.parse(command.argument) else { throw .syntax("Usage: PBSZ 0") }
    protection.hasBufferSize = true
    return size == 0 ? Reply(200, "PBSZ=0") : Reply(200, "PBSZ=0 (TLS needs no other)")
  }

  /// PROT (RFC 4217, section 9).
  func protectionLevel(_ command: Command) throws(FTPError) -> Reply {
    try requireTLS("PROT")
    guard protection.hasBufferSize else { throw .sequence("Send PBSZ 0 first.") }
    switch String(decoding: command.argument, as: UTF8.self).uppercased() {
    case "P": protection.isPrivate = true
    case "C":
      if tlsMode == .requiredData { throw .deniedByPolicy("Data connections must be protected here: PROT P.") }
      protection.isPrivate = false
    case "S", "E": throw .protectionUnknown("TLS has no such level: use PROT P.")
    default: throw .parameter("Usage: PROT C | P")
    }
    return protection.isPrivate
      ? Reply(200, "Data connections are under TLS.") : Reply(200, "Data connections are in clear.")
  }

  private func requireTLS(_ verb: String) throws(FTPError) {
    if tlsMode == .off, control.tls == nil { throw .deniedByPolicy("TLS is switched off here.") }
    if control.tls == nil { throw .sequence("Send AUTH TLS before \(verb).") }
    // RFC 4217, section 5: the protection of data connections stays as it was when CCC came.
    if !isSecured { throw .sequence("\(verb) is not possible after CCC.") }
  }

  /// REIN leaves the control connection under TLS: falling back to clear text would be read by whoever waits for it. Data connections
  /// are protected again as they were at the beginning.
  func reinitialiseSecurity() { protection = initialProtection }

  /// What holds before PBSZ and PROT: PROT P goes without saying on implicit listeners and with FileZilla's own protocol.
  var initialProtection: DataProtection {
    guard let tls = control.tls, control.rules.isImplicit || tls.applicationProtocol == .fileZilla else {
      return DataProtection()
    }
    return DataProtection(hasBufferSize: true, isPrivate: true)
  }

  /// CCC (RFC 4217, section 6): the control connection goes on in clear, for a NAT that has to read PORT and PASV.
  func clearCommandChannel(_ command: Command) async throws(FTPError) {
    guard control.tls != nil else { throw .protectionLevel("There is no protection to clear: AUTH TLS was not sent.") }
    guard isSecured else { throw .sequence("The control connection is in clear already.") }
    guard configuration.security.clearsControl else {
      throw .deniedByPolicy("The control connection must stay protected here.")
    }
    guard identity != nil else { throw .sequence("Log in first: the password must not be sent in clear.") }
    reply(Reply(200, "The control connection is in clear from now on."))
    guard await flush() else { throw .controlConnectionLost }
    control.clear()
    activity.note(tls: "")
  }

  // MARK: the gate

  /// Refuses what the settings want protected and is not.
  func checkProtection(_ row: CommandRow, _ command: Command) throws(FTPError) {
    let mode = tlsMode
    guard mode >= .requiredLogin else { return }
    switch row.verb {
    case "USER", "PASS", "ACCT": try requireProtectedLogin(mode)
    // Not PASV and its kin: lftp takes a 522 there for a matter of addresses, and turns PROT P on only when a transfer gets it.
    case "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD":
      if mode == .requiredData, !protection.isPrivate {
        throw .dataProtection("Data connections must be protected here: send PBSZ 0 and PROT P first.")
      }
    default: return
    }
  }

  /// Refuses a login in clear where `mode` wants it protected.
  func requireProtectedLogin(_ mode: TLSMode) throws(FTPError) {
    if mode < .requiredLogin || isSecured || control.localUser != nil { return }
    if control.protection == .clear { throw .protectionRequired("TLS is required here: send AUTH TLS first.") }
    throw .protectionLevel("A login must not be sent in clear: reconnect.")
  }
}

extension TLSMode {
  /// What a user's entry asks for.
  init(_ demand: AccountOptions.TLSDemand) { self = demand == .data ? .requiredData : .requiredLogin }
}
