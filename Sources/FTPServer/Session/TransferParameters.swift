// What TYPE, STRU, MODE, REST and OPTS have chosen, and what one command leaves for the next.

import FTPProtocol

/// The transfer parameters (RFC 959, section 5.3.1) and what one command leaves for the next.
struct TransferParameters {
  static let defaultDeflateLevel: UInt8 = 6

  /// TYPE, STRU and MODE as they were chosen; ``Session/format`` adds what the settings and the user's entry say.
  var format = TransferFormat()
  /// SITE RECFM's choice.
  var records: RecordForm?
  /// OPTS MODE Z LEVEL.
  var deflateLevel = defaultDeflateLevel
  /// Whether TYPE was given; until then the default type holds, which depends on host and user.
  var isTypeChosen = false
  /// REST's offset; the next transfer command takes it.
  var restart: UInt64 = 0 {
    didSet { marker = [] }
  }
  /// REST's restart marker, if it was one.
  var marker: [UInt8] = []
  var type: RepresentationType {
    get { format.type }
    set { format.type = newValue }
  }
  /// RNFR's path; the next command has to be RNTO.
  var renameFrom: VirtualPath?
  /// The facts OPTS MLST chose.
  var facts = FactSet.standard
  /// What the file commands keep; made when the first of them does.
  var fileState: FileState?
  /// EPSV ALL was given: PORT, PASV, EPRT are refused from then on (RFC 2428, section 4).
  var onlyExtendedPassive = false
}
