// Every way a command can fail, and the one place that turns each into a reply.

import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem
import MultipathTCP
import UploadStore

/// Why a command was not carried out. Handlers throw it; ``reply`` is the only maker of error replies.
enum FTPError: Error {
  /// 501: an argument that does not fit the command's syntax.
  case syntax(String)
  /// 503: a command out of order.
  case sequence(String)
  /// 504: a parameter value that is not built.
  case parameter(String)
  /// 530
  case notLoggedIn
  /// 530: the login was refused.
  case loginRefused
  /// 550: the user may not do this.
  case forbidden(String)
  /// 554: REST's offset does not fit the file (RFC 3659, section 5.4).
  case restart(String)
  /// 555: REST's marker does not fit TYPE, STRU or MODE (RFC 1123, section 4.1.3.4).
  case restartMismatch(String)
  /// 552: more than there is room for.
  case noRoom(String)
  /// A call on a file failed: 550 and its kin, or 553 if the command names a file to be made.
  case file(SystemError, naming: Bool)
  /// 550, 553 or 501: a path that cannot be.
  case path(PathError, naming: Bool)
  /// 450: what is asked for is too busy now; the client may try again.
  case busy(String)
  /// 551: not to be had with the TYPE, STRU or MODE in force.
  case unsuitable(String)
  /// 553: the name is not one of what the command works on.
  case wrongKind(String)
  /// 556: refused as a matter of policy, and will be tomorrow (draft-bryan-ftpext-hash, section 3.5).
  case policy(String)
  /// 450: nothing there to be listed (RFC 959, section 5.4).
  case listingUnavailable(String)
  /// 425: the data connection did not come about.
  case noDataConnection(String)
  /// 425: there is no port for a passive data connection.
  case noPassivePort(PassivePortError)
  /// 500 or 522: the client asked for a data connection that is refused (RFC 2577; RFC 2428).
  case dataPortRefused(Reply)
  /// 522: the data connection has not the protection it must have; lftp turns PROT P on when it reads this code.
  case dataProtection(String)
  /// 530: not without TLS.
  case protectionRequired(String)
  /// 431: TLS cannot be had just now (RFC 2228, section 5.1).
  case securityUnavailable(String)
  /// 533: this command not in clear (RFC 2228, section 5.1).
  case protectionLevel(String)
  /// 534: denied for policy reasons (RFC 2228, section 5.1).
  case deniedByPolicy(String)
  /// 536: a level of PROT that TLS does not have (RFC 4217, section 9).
  case protectionUnknown(String)
  /// 426 and its kin: what broke a transfer off, or kept it from beginning.
  case broken(TransferBreak)
  /// 426: work on files was stopped; of a tree's removal it is known how many entries are gone.
  case stopped(removed: UInt64?)
  /// No reply can be sent any more.
  case controlConnectionLost

  /// What came out of a handler's closure, typed again.
  init(_ error: any Error) {
    self = error as? FTPError ?? .file(error as? SystemError ?? SystemError(code: EIO, call: "handler"), naming: false)
  }

  /// Whether the command was refused only because something is sent in clear that TLS has to protect.
  var lacksTLS: Bool {
    switch self {
    case .protectionRequired, .protectionLevel, .dataProtection: return true
    default: return false
    }
  }

  /// Whether the file system had no room.
  var isForWantOfRoom: Bool {
    if case .file(let error, _) = self { return [ENOSPC, EDQUOT, EFBIG].contains(error.code) }
    if case .broken(.quotaExceeded) = self { return true }
    return false
  }

  var reply: Reply {
    switch self {
    case .syntax(let text): return Reply(501, text)
    case .sequence(let text): return Reply(503, text)
    case .parameter(let text): return Reply(504, text)
    case .notLoggedIn: return Reply(530, "Please log in with USER and PASS.")
    case .loginRefused: return Reply(530, "Login incorrect.")
    case .forbidden(let text): return Reply(550, text)
    case .restart(let text): return Reply(554, text)
    case .restartMismatch(let text): return Reply(555, text)
    case .noRoom(let text): return Reply(552, text)
    case .busy(let text): return Reply(450, text)
    case .unsuitable(let text): return Reply(551, text)
    case .wrongKind(let text): return Reply(553, text)
    case .policy(let text): return Reply(556, text)
    case .file(let error, let naming): return Self.fileReply(error, naming)
    case .path(let error, let naming): return Self.pathReply(error, naming)
    case .listingUnavailable(let text): return Reply(450, text)
    case .noDataConnection(let text): return Reply(425, text)
    case .dataPortRefused(let reply): return reply
    case .dataProtection(let text): return Reply(522, text)
    case .protectionRequired(let text): return Reply(530, text)
    case .securityUnavailable(let text): return Reply(431, text)
    case .protectionLevel(let text): return Reply(533, text)
    case .deniedByPolicy(let text): return Reply(534, text)
    case .protectionUnknown(let text): return Reply(536, text)
    case .noPassivePort(.allInUse(let count)):
      return Reply(425, "All passive ports of this server are in use (\(count) in all). Try again in some seconds.")
    case .noPassivePort(.failed(let error)): return Reply(425, "Cannot open a passive port: \(error).")
    case .broken(let cause): return Self.breakReply(cause)
    case .stopped(nil): return Reply(426, "Stopped.")
    case .stopped(let removed?): return Reply(426, "Stopped: \(removed) entries removed.")
    case .controlConnectionLost: return Reply(421, "Control connection lost.")
    }
  }

  /// RFC 959, section 5.4 allows 550 for commands that use a file and 553 for those that name a new one.
  private static func fileReply(_ error: SystemError, _ naming: Bool) -> Reply {
    let refusal: UInt16 = naming ? 553 : 550
    switch error.code {
    case ENOSPC: return Reply(452, "The disk is full.")
    case EDQUOT: return Reply(552, "The disk quota is used up.")
    case EFBIG: return Reply(552, "The file would be larger than the system allows.")
    case ENOENT: return Reply(refusal, "No such file or directory.")
    case EACCES, EPERM: return Reply(refusal, "Permission denied.")
    case EROFS: return Reply(refusal, "The file system is read-only.")
    case EEXIST: return Reply(refusal, "The name exists already.")
    case ENOTDIR: return Reply(refusal, "Not a directory.")
    case EISDIR: return Reply(refusal, "It is a directory.")
    case ENXIO: return Reply(refusal, "Not a regular file.")
    case ENOTEMPTY: return Reply(refusal, "The directory is not empty.")
    case EBUSY: return Reply(refusal, "It is in use, or it is your root directory.")
    case EXDEV: return Reply(refusal, "Source and target are on different file systems.")
    case ELOOP: return Reply(refusal, "Too many symbolic links.")
    case ENAMETOOLONG: return Reply(553, "The name is too long.")
    case EINVAL, EILSEQ: return Reply(553, "The file system does not allow this name.")
    case EMFILE, ENFILE, ENOMEM: return Reply(451, "The server is short of resources. Try again later.")
    default: return Reply(451, "Local error: \(error.reason).")
    }
  }

  private static func pathReply(_ error: PathError, _ naming: Bool) -> Reply {
    switch error {
    case .tooLong: return Reply(553, "The path is too long.")
    case .invalid: return Reply(501, "A path cannot contain a NUL.")
    }
  }
}

/// Runs calls on the jail, giving their errors the reply codes of the command at hand.
func onFile<Result: ~Copyable>(
  naming: Bool = false, _ body: () throws(SystemError) -> Result
) throws(FTPError) -> Result {
  do { return try body() } catch { throw .file(error, naming: naming) }
}
