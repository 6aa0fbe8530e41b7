// From an error to the exit code a script can rely on; the numbers are those of sysexits(3) where it has one.

import ArgumentParser
import FTPClient
import LinuxSystem

extension ExitCode {
  /// Some items failed, the rest was done.
  static let partly = ExitCode(1)
  /// A password file, netrc or the file of known servers cannot be used.
  static let unusableSettings = ExitCode(78)
  /// The local file cannot be made.
  static let cannotCreate = ExitCode(73)
  /// What the command line has to say before anything is done.
  static let usage = ExitCode(64)

  /// The code of a failure.
  init(_ error: ClientError) {
    switch error.code {
    case .usage: self.init(64)
    case .incomplete: self.init(65)
    case .hostUnknown: self.init(68)
    case .connectFailed, .serviceEnding: self.init(69)
    case .localFile: self.init(ExitCode.ofLocalFile(error))
    case .timedOut, .connectionLost, .dataConnection, .stalled, .refusedForNow: self.init(ExitCode.ofNetwork(error))
    case .protocolViolation, .tls: self.init(76)
    case .unsupported: self.init(76)
    case .loginRefused, .unprotected: self.init(77)
    case .refused: self.init(ExitCode.ofRefusal(error))
    case .certificate: self.init(80)
    case .cancelled: self.init(130)
    case .caller: self.init(74)
    }
  }

  private static func ofLocalFile(_ error: ClientError) -> Int32 {
    guard let code = (error.cause as? SystemError)?.code else { return 74 }
    switch code {
    case SystemCode.noSuchFile: return 66
    case SystemCode.exists, SystemCode.isDirectory, SystemCode.notDirectory, SystemCode.denied: return 73
    default: return 74
    }
  }

  /// 452 is a full disk at the other end.
  private static func ofNetwork(_ error: ClientError) -> Int32 { error.reply?.code == 452 ? 74 : 75 }

  /// How servers say that something is not there. vsftpd, Pure-FTPd and ProFTPD have no other words for what may not be seen.
  private static let missing = [
    "no such", "not found", "doesn't exist", "does not exist", "can't find", "cannot find", "no file",
    "failed to open file", "could not get file", "can't check for file existence", "cannot be listed",
  ]

  /// 550 says that something is not there, or that it is not allowed; servers have words of their own for each.
  private static func ofRefusal(_ error: ClientError) -> Int32 {
    guard let reply = error.reply else { return 77 }
    if reply.code == 552 { return 74 }
    let words = String(decoding: reply.text, as: UTF8.self).lowercased()
    return reply.code == 550 && ExitCode.missing.contains { words.contains($0) } ? 72 : 77
  }
}
