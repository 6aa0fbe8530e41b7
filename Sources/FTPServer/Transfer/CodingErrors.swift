// What a codec's refusal means to the client: a connection that broke, bytes that are wrong, or a file that is.

import FTPProtocol

extension FTPError {
  /// A download could not be encoded: the file is not what STRU and SITE RECFM say.
  init(sending error: CodingError) {
    self = .unusable("\(error). Another STRU or SITE RECFM may fit this file.")
  }

  /// An upload could not be decoded.
  init(receiving error: CodingError) {
    switch error {
    // RFC 959, section 5.4: as if the connection had been lost, which it has.
    case .endedEarly: self = .broken(.endedEarly(error))
    case .unknownPageType: self = .pageType("\(error).")
    default: self = .unusable("\(error).")
    }
  }
}
