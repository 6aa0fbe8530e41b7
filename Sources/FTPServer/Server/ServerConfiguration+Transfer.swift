// What an operator may set of coded transfers.

import FTPProtocol

extension ServerConfiguration {
  /// How bytes are converted between files and data connections.
  public struct Transfer: Sendable, Equatable {
    /// Bytes of a file between two restart markers of a download in modes B and C; 0: none are sent.
    public var markerInterval: UInt64 = 16 * 1024 * 1024
    /// What TYPE E means.
    public var codePage = EBCDICCodePage.ibm1047
    /// Bytes of the file a second below which a transfer is ended; 0 is no limit.
    public var minimumRate: UInt64 = 0
    public init() {}

    /// The interval for a transfer; nil where there are no markers.
    func markerInterval(in format: TransferFormat) -> UInt64? {
      format.endsInBand && markerInterval > 0 ? markerInterval : nil
    }
  }
}
