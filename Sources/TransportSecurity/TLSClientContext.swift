// A client's options made into what OpenSSL needs: once, for any number of servers.

import COpenSSL
import Synchronization

/// A client's TLS context (SSL_CTX). Connections keep the one they began with.
public final class TLSClientContext: @unchecked Sendable {
  // Sendable: nothing is changed after `init`; OpenSSL locks what it counts in there itself.
  let pointer: OpaquePointer
  let options: TLSClientOptions
  private let systemTrust = Mutex(SystemTrust.none)

  /// How many of the system's authorities the store has.
  private enum SystemTrust {
    case none
    /// Those that the system's directory has under the name that is looked for.
    case directory
    /// All in the system's file, too.
    case all
  }

  /// Reads the files of `options`.
  ///
  /// - Throws: what cannot be used; ``TLSConfigurationError/setting`` is `certificate`, `key`, `key-passphrase-file`, `authorities`,
  ///   `revocations` or `pins`.
  public init(_ options: TLSClientOptions) throws(TLSConfigurationError) {
    try Self.checkPins(options)
    OpenSSLError.clearQueue()
    let minimum = options.minimum == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
    guard let pointer = weft_client_context_make(minimum, judgeServer, keepSession) else {
      throw TLSConfigurationError(setting: "tls", reason: "\(OpenSSLError())")
    }
    do throws(TLSConfigurationError) {
      try Self.trust(options, in: pointer)
      if let files = options.certificate { _ = try files.use(in: pointer, settings: .client) }
      // Last of all: once everything is initialised a throw would run `deinit` as well.
      self.pointer = pointer
      self.options = options
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
  }

  deinit { SSL_CTX_free(pointer) }

  /// A pin that would not be looked at is worse than none: its user relies on it.
  private static func checkPins(_ options: TLSClientOptions) throws(TLSConfigurationError) {
    switch options.trust {
    case .pinsOnly where options.pins.isEmpty:
      throw TLSConfigurationError(setting: "pins", reason: "trust by pins only needs at least one pin")
    case .insecureAcceptAnyCertificate where !options.pins.isEmpty:
      throw TLSConfigurationError(setting: "pins", reason: "have no effect where any certificate is accepted")
    default: return
    }
  }

  private static func trust(_ options: TLSClientOptions, in context: OpaquePointer) throws(TLSConfigurationError) {
    switch options.authorities {
    case .system: break  // When somebody is judged: see `trustSystem(for:)`.
    case .files(let paths):
      for path in paths {
        try CertificateFiles.requireReadable(path, "authorities")
        guard SSL_CTX_load_verify_file(context, path) == 1 else {
          throw TLSConfigurationError(
            setting: "authorities", reason: "\"\(path)\" has no usable certificate: \(OpenSSLError())")
        }
      }
      weft_context_end_at_given(context)
    }
    guard let lists = options.revocations else { return }
    try CertificateFiles.requireReadable(lists, "revocations")
    guard weft_context_add_revocations(context, lists) > 0 else {
      throw TLSConfigurationError(
        setting: "revocations", reason: "\"\(lists)\" has no usable revocation list: \(OpenSSLError())")
    }
  }

  /// Has the store know the system's authorities, as far as they are needed for what `store` is about to judge.
  ///
  /// The system's file has 140 of them and more, which takes longer to read than a whole session needs; its directory (OpenSSL's, with
  /// hashes for names) gives the one that is wanted. Who is not found there may still be in the file. Source:
  /// SSL_CTX_set_default_verify_dir(3).
  func trustSystem(for store: OpaquePointer) {
    guard case .system = options.authorities else { return }
    systemTrust.withLock { known in
      if known == .none {
        _ = SSL_CTX_set_default_verify_dir(pointer)
        known = .directory
      }
      if known == .directory, weft_knows_issuer(store) == 0 {
        _ = SSL_CTX_set_default_verify_file(pointer)
        known = .all
      }
    }
    // What is not there is no error of anybody's.
    OpenSSLError.clearQueue()
  }

  /// Makes the client's end of a data connection that belongs to no control connection of this client's: between two servers, which
  /// somebody else steers, one of them has to be TLS's client. ``TLSConnection/handshake()`` follows.
  ///
  /// - Parameters:
  ///   - server: what the certificate has to be for, as far as ``TLSClientOptions/trust`` asks.
  ///   - receives, byKernel: as in ``TLSConnection/data(over:receives:byKernel:)``.
  public func data(
    over socket: Int32, server: TLSServerName, receives: Bool, byKernel: Bool
  ) throws(OpenSSLError) -> TLSConnection {
    let end = ClientEnd(self, server: server, sessions: ResumableSessions(repeatsTickets: false))
    let connection = try TLSConnection(client: end, socket, role: .data, protocols: [])
    weft_tune_for_bulk(connection.ssl, byKernel ? 1 : 0, receives ? 1 : 0)
    return connection
  }

  /// Makes the client's end of a control connection over a connected, non-blocking socket, which the caller keeps open longer.
  ///
  /// ``TLSConnection/handshake()`` follows. OpenSSL writes by write(2), which has no flag against SIGPIPE: a program that uses this
  /// has to ignore the signal.
  ///
  /// - Parameter server: whom the user wants: the name in the handshake (SNI), and what the certificate has to be for.
  public func control(over socket: Int32, server: TLSServerName) throws(OpenSSLError) -> TLSConnection {
    let sessions = ResumableSessions(repeatsTickets: options.repeatsTickets)
    return try TLSConnection(
      client: ClientEnd(self, server: server, sessions: sessions), socket, role: .control, protocols: options.protocols)
  }
}
