// The parts a session's state is made of.

import Accounts
import FTPProtocol
import Jail
import LinuxSystem
import UploadStore

/// How far the login has come (RFC 959, section 5.1 and the diagram of USER, PASS in section 6).
enum LoginState {
  case greeted
  /// USER was given and waits for PASS; with what was found under that name.
  indirect case named([UInt8], UserEntry?)
  /// PASS was right, and ACCT has to follow.
  indirect case verified(Account)
  case loggedIn(Identity)
}

/// A user who has logged in, with the tree the user may see.
final class Identity: Sendable {
  let account: Account
  let jail: Jail

  init(account: Account, jail: Jail) {
    self.account = account
    self.jail = jail
  }
}

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

/// What PBSZ and PROT have settled for data connections (RFC 4217, sections 8 and 9), and what was seen of them.
struct DataProtection {
  /// PBSZ was given, or goes without saying.
  var hasBufferSize = false
  /// PROT P: data connections are TLS.
  var isPrivate = false
  /// A data connection of this session has resumed its TLS session.
  var hasResumed = false
  /// The log has said that a data connection did not resume.
  var hasToldOfNoResumption = false
}

/// A transfer that runs, for STAT and the log.
struct TransferProgress {
  let verb: Verb
  let direction: TransferDirection
  let path: VirtualPath
  /// Bytes the whole will have; nil when that is not known.
  var total: UInt64?
  let started = MonotonicTime.now
  /// Bytes ALLO has announced for an upload.
  var announced: UInt64?
  /// Where in the file an upload begins: REST's offset, or the end of the file APPE found.
  var start: UInt64 = 0
  /// What an upload that has ended made of them, where it is not the same: bytes of the file.
  var written: UInt64?
  /// What an upload fills.
  var upload: (any UploadTarget)?

  init(verb: Verb, direction: TransferDirection, path: VirtualPath, total: UInt64? = nil) {
    self.verb = verb
    self.direction = direction
    self.path = path
    self.total = total
  }

  /// The same as others may see it.
  var facts: TransferFacts {
    TransferFacts(verb: verb, direction: direction, path: path.bytes, started: started, total: total)
  }

  /// Whether `moved` bytes are as many as ALLO announced; nil if it announced nothing. Of an upload that goes on where another broke
  /// off, some clients announce what is still to come, others the whole file (RFC 959, section 4.1.3, can be read either way).
  func isAsAnnounced(_ moved: UInt64) -> Bool? {
    let came = written ?? moved
    return announced.map { $0 == came || $0 == start &+ came }
  }
}
