// How failures of the rooms beneath become a client's error.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import TransportSecurity

extension ClientError {
  /// The error that a reply of 4yz or 5yz stands for.
  ///
  /// - Parameter what: what was asked for, such as `RETR a.iso`.
  static func refusal(_ reply: ReceivedReply, of what: String) -> ClientError {
    if reply.code == 421 { return ClientError(.serviceEnding, "the server ends the session", reply: reply) }
    switch reply.kind {
    case .transientError:
      let code: Code = reply.code == 425 || reply.code == 426 ? .dataConnection : .refusedForNow
      return ClientError(code, "\(what) was refused for now", reply: reply)
    case .permanentError:
      if [500, 501, 502, 504].contains(reply.code) {
        return ClientError(.unsupported, "the server cannot do \(what)", reply: reply)
      }
      if reply.code == 530 { return ClientError(.loginRefused, "\(what) needs a login", reply: reply) }
      return ClientError(.refused, "\(what) was refused", reply: reply)
    default:
      return ClientError(.protocolViolation, "an answer to \(what) that does not fit", reply: reply)
    }
  }

  /// A failure of TLS.
  static func security(_ error: TLSError, on what: String) -> ClientError {
    switch error {
    case .certificate(let rejection): return ClientError(.certificate, rejection.description, cause: error)
    case .connection, .ended: return ClientError(.connectionLost, "\(what) broke: \(error)", cause: error)
    case .handshake, .refused: return ClientError(.tls, "TLS on \(what) failed: \(error)", cause: error)
    }
  }

  /// A call of the system on a file of this host.
  static func file(_ error: SystemError, _ name: String = "the file") -> ClientError {
    ClientError(.localFile, "\(name): \(error.reason)", cause: error)
  }

  /// A break of a transfer. What the server said of it, if anything, makes a better error: see ``refusal(_:of:)``.
  static func broken(_ reason: TransferBreak) -> ClientError {
    switch reason {
    case .stalled, .tooSlow: return ClientError(.stalled, "the transfer stood still", cause: reason)
    case .aborted, .ending: return ClientError(.cancelled, "the transfer was aborted", cause: reason)
    case .controlConnectionLost:
      return ClientError(.connectionLost, "the control connection was lost during the transfer", cause: reason)
    case .dataConnectionLost(let error):
      return ClientError(.dataConnection, "the data connection broke: \(error.reason)", cause: reason)
    case .file(let error, _): return ClientError(.localFile, "the local file: \(error.reason)", cause: reason)
    case .nobodyConnected:
      return ClientError(.dataConnection, "the server did not connect to the data port", cause: reason)
    case .acceptFailed(let error):
      return ClientError(.dataConnection, "no data connection could be accepted: \(error.reason)", cause: reason)
    case .connectFailed(let address, let error):
      return ClientError(.dataConnection, "no data connection to \(address): \(error)", cause: reason)
    case .connectTimedOut(let address):
      return ClientError(.dataConnection, "no data connection to \(address) in time", cause: reason)
    case .notMultipath: return ClientError(.dataConnection, "the data connection is not multipath", cause: reason)
    case .handshakeFailed(let error): return security(error, on: "the data connection")
    case .handshakeTimedOut:
      return ClientError(.tls, "TLS on the data connection did not come about in time", cause: reason)
    case .fileShortened, .fileChanged:
      return ClientError(.localFile, "the local file changed while it was sent", cause: reason)
    case .cannotEncode(let error):
      return ClientError(.localFile, "the local file is not of the chosen form: \(error)", cause: reason)
    case .cannotDecode, .undecodable:
      return ClientError(.protocolViolation, "what came is not of the chosen form", cause: reason)
    case .bytesBehindEnd:
      return ClientError(.protocolViolation, "bytes came behind the end of the file", cause: reason)
    case .beyondRange, .rangeUnfinished, .endedBeforeAnnounced:
      return ClientError(.incomplete, "another number of bytes came than was asked for", cause: reason)
    case .closeMissing, .endUnknown:
      return ClientError(.incomplete, "the data connection ended without saying so: it may be cut short", cause: reason)
    case .usedUp, .quotaExceeded, .quotaUnknown:
      return ClientError(.localFile, "there is a limit on bytes, which is reached", cause: reason)
    case .outOfMemory: return ClientError(.localFile, "there is no memory to decompress", cause: reason)
    }
  }
}
