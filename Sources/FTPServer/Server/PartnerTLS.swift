// TLS's client for data connections with other servers: whose certificate it believes.

import Synchronization
import TransportSecurity

extension ServerContext.Snapshot {
  /// Made when it is first needed.
  ///
  /// A server is known by its address, which its certificate need not name. Without authorities any certificate will do: then TLS keeps
  /// out those who only listen.
  func partnerTLS() throws(TLSConfigurationError) -> TLSClientContext {
    if let made = partners.withLock({ $0 }) { return made }
    var options = TLSClientOptions()
    options.minimum = configuration.security.options.minimum
    if let file = configuration.transfer.siteToSiteAuthorities {
      options.authorities = .files([file])
      options.trust = .firstUse { server in
        server.problems.allSatisfy { if case .hostNameMismatch = $0 { true } else { false } } ? .accept : .refuse
      }
    } else {
      options.authorities = .files([])
      options.trust = .insecureAcceptAnyCertificate
    }
    let made = try TLSClientContext(options)
    partners.withLock { $0 = made }
    return made
  }
}
