// What an operator may set of coded transfers.

import FTPProtocol
import LinuxSystem

/// Who may transfer files between this server and another (RFC 959, section 5.2).
public enum SiteToSite: String, Sendable, CaseIterable {
  /// Nobody: data connections are with the client only.
  case off
  /// Users whose entry has `site-to-site=yes`.
  case users
  /// Everybody who logs in with a password, unless the entry has `site-to-site=no`.
  case on
}

extension ServerConfiguration {
  /// How bytes are converted between files and data connections.
  public struct Transfer: Sendable, Equatable {
    /// Bytes of a file between two restart markers of a download in modes B and C; 0: none are sent.
    public var markerInterval: UInt64 = 16 * 1024 * 1024
    /// What TYPE E means.
    public var codePage = EBCDICCodePage.ibm1047
    /// Bytes of the file a second below which a transfer is ended; 0 is no limit.
    public var minimumRate: UInt64 = 0
    public var siteToSite = SiteToSite.off
    /// Where the other servers may be.
    public var siteToSiteNetworks: [IPNetwork] = []
    /// The PEM file of the authorities that vouch for other servers where this one is TLS's client; nil: nobody is asked.
    public var siteToSiteAuthorities: String?
    public init() {}

    /// The interval for a transfer; nil where there are no markers.
    func markerInterval(in format: TransferFormat) -> UInt64? {
      format.endsInBand && markerInterval > 0 ? markerInterval : nil
    }
  }
}
