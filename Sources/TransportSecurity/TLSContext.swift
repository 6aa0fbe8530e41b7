// One set of certificates with everything TLS needs besides: made once at start and at each reload, shared by all connections.

import COpenSSL
import LinuxSystem

/// A server's TLS context (SSL_CTX). Connections keep the one they began with, so a reload does not touch them.
public final class TLSContext: @unchecked Sendable {
  // Sendable: nothing is changed after `init`; OpenSSL locks what it counts in there itself.
  let pointer: OpaquePointer
  /// The contexts of virtual hosts by their names.
  let hosts: [String: TLSContext]
  /// The SHA-256 fingerprints of the certificates, in the order of the settings; those of hosts not included.
  public let fingerprints: [String]
  /// When the first of its own certificates expires, in seconds since 1970.
  let expires: Int64?

  /// Reads the files of `options`.
  ///
  /// - Parameter fallback: gives the certificate to use where `options` names none.
  /// - Throws: what cannot be used, with the name of the setting.
  public convenience init(
    _ options: TLSOptions, fallback: () throws(OpenSSLError) -> SelfSignedCertificate
  ) throws(TLSConfigurationError) {
    var hosts: [String: TLSContext] = [:]
    for (name, certificates) in options.hosts where !certificates.isEmpty {
      hosts[name] = try TLSContext(certificates, options, hosts: [:], settings: .host(name), fallback: fallback)
    }
    try self.init(options.certificates, options, hosts: hosts, fallback: fallback)
  }

  /// Everything that keeps a server from starting with `options`: each certificate by itself, and the authorities of clients.
  ///
  /// ``init(_:fallback:)`` stops at the first.
  public static func faults(_ options: TLSOptions) -> [TLSConfigurationError] {
    var faults: [TLSConfigurationError] = []
    func attempt(_ certificates: [CertificateFiles], _ options: TLSOptions, _ settings: CertificateFiles.SettingNames) {
      do throws(TLSConfigurationError) {
        _ = try TLSContext(certificates, options, hosts: [:], settings: settings) { () throws(OpenSSLError) in
          try SelfSignedCertificate(names: options.names)
        }
      } catch {
        if !faults.contains(error) { faults.append(error) }
      }
    }
    var alone = options
    alone.clientVerification = .off
    for files in options.certificates { attempt([files], alone, .server) }
    for (name, certificates) in options.hosts.sorted(by: { $0.key < $1.key }) {
      for files in certificates { attempt([files], alone, .host(name)) }
    }
    attempt([], options, .server)
    return faults
  }

  private init(
    _ certificates: [CertificateFiles], _ options: TLSOptions, hosts: [String: TLSContext],
    settings: CertificateFiles.SettingNames = .server, fallback: () throws(OpenSSLError) -> SelfSignedCertificate
  ) throws(TLSConfigurationError) {
    OpenSSLError.clearQueue()
    let minimum = options.minimum == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
    guard let pointer = weft_context_make(minimum) else {
      throw TLSConfigurationError(setting: "tls", reason: "\(OpenSSLError())")
    }
    do throws(TLSConfigurationError) {
      var fingerprints: [String] = []
      if certificates.isEmpty { fingerprints.append(try Self.use(fallback, in: pointer)) }
      for files in certificates { fingerprints.append(try files.use(in: pointer, settings: settings)) }
      try Self.verifyClients(options, in: pointer)
      // Last of all: once everything is initialised a throw would run `deinit` as well.
      self.pointer = pointer
      self.hosts = hosts
      self.fingerprints = fingerprints
      expires = Self.expiry(in: pointer)
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
    weft_context_on_alpn(pointer, chooseProtocol)
    weft_context_on_name(pointer, chooseHost, nil)
  }

  deinit { SSL_CTX_free(pointer) }

  private static func use(
    _ make: () throws(OpenSSLError) -> SelfSignedCertificate, in context: OpaquePointer
  ) throws(TLSConfigurationError) -> String {
    do throws(OpenSSLError) {
      let own = try make()
      guard SSL_CTX_use_certificate(context, own.certificate) == 1, SSL_CTX_use_PrivateKey(context, own.key) == 1
      else { throw OpenSSLError() }
      return fingerprint(of: own.certificate)
    } catch {
      throw TLSConfigurationError(setting: "tls.certificate", reason: "none could be made: \(error)")
    }
  }

  private static func verifyClients(_ options: TLSOptions, in context: OpaquePointer) throws(TLSConfigurationError) {
    guard options.clientVerification != .off else { return }
    guard let authority = options.clientAuthority else {
      throw TLSConfigurationError(
        setting: "tls.client-verify", reason: "needs tls.client-ca, the authorities that vouch for clients")
    }
    try CertificateFiles.requireReadable(authority, "tls.client-ca")
    guard SSL_CTX_load_verify_file(context, authority) == 1, let names = SSL_load_client_CA_file(authority) else {
      throw TLSConfigurationError(
        setting: "tls.client-ca", reason: "\"\(authority)\" has no usable certificate: \(OpenSSLError())")
    }
    SSL_CTX_set_client_CA_list(context, names)
    if let lists = options.clientRevocations { try CertificateFiles.requireReadable(lists, "tls.client-crl") }
    if let lists = options.clientRevocations, weft_context_add_revocations(context, lists) <= 0 {
      throw TLSConfigurationError(
        setting: "tls.client-crl", reason: "\"\(lists)\" has no usable revocation list: \(OpenSSLError())")
    }
    weft_context_verify(context, options.clientVerification == .required ? 2 : 1)
  }

  /// Makes the server's end of a control connection over a connected, non-blocking socket, which the caller keeps open longer.
  ///
  /// - Parameters:
  ///   - namedHost: the virtual host the client has asked for by HOST, in lower case: its certificate is shown to a client that names
  ///     none in the handshake (SNI). Who names another there sees that one's certificate; the caller ends such a session.
  ///   - clockShift: seconds added to the time its tickets are stamped with; for tests.
  public func control(
    over socket: Int32, namedHost: String? = nil, clockShift: Int = 0
  ) throws(OpenSSLError) -> TLSConnection {
    try TLSConnection(
      server: self, socket, role: .control, binding: try SessionBinding(clockShift: clockShift), namedHost: namedHost)
  }

  /// The context of the virtual host called `name`.
  func host(_ name: String) -> TLSContext? { hosts[name] }
}

/// Called by OpenSSL in a handshake that has an ALPN extension. Source: SSL_CTX_set_alpn_select_cb(3).
private let chooseProtocol: SSL_CTX_alpn_select_cb_func = { ssl, chosen, chosenCount, offered, count, _ in
  guard let ssl, let offered, let connection = TLSConnection.owner(of: ssl) else { return SSL_TLSEXT_ERR_ALERT_FATAL }
  let list = UnsafeRawBufferPointer(start: offered, count: Int(count))
  guard let place = ApplicationProtocol.choose(connection.role.protocols, from: list),
    let length = UInt8(exactly: place.count)
  else { return SSL_TLSEXT_ERR_ALERT_FATAL }
  chosen?.pointee = offered + place.lowerBound
  chosenCount?.pointee = length
  return SSL_TLSEXT_ERR_OK
}

/// Called by OpenSSL in every handshake, with a name or without. Source: SSL_CTX_set_tlsext_servername_callback(3).
private let chooseHost:
  @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 =
    { ssl, _, _ in
      guard let ssl, let connection = TLSConnection.owner(of: ssl), connection.role == .control else {
        return SSL_TLSEXT_ERR_NOACK
      }
      let asked = connection.serverName
      guard let name = asked ?? connection.namedHost, connection.present(host: name), asked != nil else {
        return SSL_TLSEXT_ERR_NOACK
      }
      return SSL_TLSEXT_ERR_OK
    }
