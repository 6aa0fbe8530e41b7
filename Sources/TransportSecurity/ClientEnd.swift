// What only the client's end of a TLS connection has: whom it wants, what it may resume, and its judgement of the certificate.

import COpenSSL

/// The client's part of a ``TLSConnection``; it is used by whoever uses the connection.
final class ClientEnd {
  let context: TLSClientContext
  let server: TLSServerName
  /// Shared by a control connection and its data connections.
  let sessions: ResumableSessions
  /// On a data connection: the fingerprint of the certificate its control connection was shown.
  let controlFingerprint: String?
  /// Set when the server's certificate has been refused: OpenSSL knows of it only that the handshake failed.
  private(set) var rejection: CertificateRejection?
  private var problems: [CertificateProblem] = []

  init(
    _ context: TLSClientContext, server: TLSServerName, sessions: ResumableSessions, controlFingerprint: String? = nil
  ) {
    self.context = context
    self.server = server
    self.sessions = sessions
    self.controlFingerprint = controlFingerprint
  }

  /// Notes what OpenSSL has found wrong; one thing is often found in two ways.
  fileprivate func note(_ problem: CertificateProblem) {
    let isKnown = problems.contains { known in
      if case (.unknownIssuer, .unknownIssuer) = (known, problem) { return true }
      return known == problem
    }
    if !isKnown { problems.append(problem) }
  }

  /// Whether the certificate `store` is about will do; what it sets as the store's error tells the server why not.
  fileprivate func judge(_ store: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
    let certificate = ServerCertificate(leaf)
    if case .insecureAcceptAnyCertificate = context.options.trust {
      X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED)
      return true
    }
    if let controlFingerprint {
      // The control connection has answered all other questions.
      let isSame = certificate.fingerprint == controlFingerprint && !controlFingerprint.isEmpty
      return conclude(store, certificate, isSame ? [] : [.differsFromControl])
    }
    if case .pinsOnly = context.options.trust {
      let isPinned = certificate.pin.map { context.options.pins.contains($0) } ?? false
      return conclude(store, certificate, isPinned ? [] : [.pinMismatch(certificate.pin)])
    }
    problems = []
    context.trustSystem(for: store)
    X509_STORE_CTX_set_verify_cb(store, noteProblem)
    if X509_verify_cert(store) != 1 {
      // It was told to go on with all it found, and could not: nobody may decide about what it has not looked at.
      problems.append(.other("OpenSSL could not judge it (error \(X509_STORE_CTX_get_error(store)))"))
    }
    if !isPinned(store, certificate) { problems.append(.pinMismatch(certificate.pin)) }
    return decide(store, certificate)
  }

  private func decide(_ store: OpaquePointer, _ certificate: ServerCertificate) -> Bool {
    guard case .firstUse(let ask) = context.options.trust, !problems.isEmpty,
      problems.allSatisfy(\.isForUserToDecide)
    else { return conclude(store, certificate, problems) }
    switch ask(UntrustedServer(server: server, certificate: certificate, problems: problems)) {
    // The store keeps its error: accepted is not vouched for.
    case .accept: return true
    case .refuse: return conclude(store, certificate, problems)
    case .refuseChangedKey(let known): return conclude(store, certificate, [.keyChanged(from: known)] + problems)
    }
  }

  private func conclude(_ store: OpaquePointer, _ certificate: ServerCertificate, _ problems: [CertificateProblem])
    -> Bool
  {
    if problems.isEmpty {
      X509_STORE_CTX_set_error(store, X509_V_OK)
      return true
    }
    rejection = CertificateRejection(server: server, certificate: certificate, problems: problems)
    if X509_STORE_CTX_get_error(store) == X509_V_OK { X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED) }
    return false
  }

  /// Whether the pins, if there are any, have the server's key or that of an authority. An authority's counts only in a chain without
  /// fault: anybody can name an authority that has signed nothing for him.
  private func isPinned(_ store: OpaquePointer, _ certificate: ServerCertificate) -> Bool {
    let pins = context.options.pins
    if pins.isEmpty || certificate.pin.map({ pins.contains($0) }) ?? false { return true }
    guard problems.isEmpty, let chain = X509_STORE_CTX_get0_chain(store) else { return false }
    return (0..<max(0, OPENSSL_sk_num(chain))).contains { index in
      guard let authority = OPENSSL_sk_value(chain, index), let pin = PublicKeyPin(OpaquePointer(authority)) else {
        return false
      }
      return pins.contains(pin)
    }
  }
}

/// The end that `store` asks for; nil for a connection that is not a client's.
private func clientEnd(_ store: OpaquePointer) -> ClientEnd? {
  weft_judged_connection(store).flatMap { TLSConnection.owner(of: $0) }?.clientEnd
}

/// Called by OpenSSL for the certificate of a server. Source: SSL_CTX_set_cert_verify_callback(3).
let judgeServer: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
  guard let store, let end = clientEnd(store), let leaf = X509_STORE_CTX_get0_cert(store) else { return 0 }
  return end.judge(store, leaf) ? 1 : 0
}

/// Called by OpenSSL for each certificate of a chain and for each thing that is wrong. Source: X509_STORE_CTX_set_verify_cb(3).
private let noteProblem: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
  guard isGood == 0, let store else { return isGood }
  guard let end = clientEnd(store),
    let certificate = X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store)
  else { return 0 }
  end.note(
    CertificateProblem(
      X509_STORE_CTX_get_error(store), ServerCertificate(certificate), depth: X509_STORE_CTX_get_error_depth(store),
      wanted: end.server))
  // All that is wrong is wanted, not only the first of it.
  return 1
}

/// Called by OpenSSL for each session that could be resumed: after a full handshake of TLS 1.2, for each ticket of TLS 1.3.
///
/// OpenSSL has counted one reference for us, which it takes back when 0 is returned. What is kept is a copy. Source:
/// SSL_CTX_sess_set_new_cb(3).
let keepSession: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { ssl, session in
  guard let ssl, let session, let connection = TLSConnection.owner(of: ssl), let end = connection.clientEnd else {
    return 0
  }
  // A data connection that began a session of its own is of no use: servers ask for that of the control connection.
  if connection.role == .control || SSL_session_reused(ssl) == 1 { end.sessions.add(session) }
  return 0
}
