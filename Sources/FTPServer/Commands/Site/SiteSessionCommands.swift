// The SITE subcommands that tell or set what a session keeps, and tell of other sessions and of room.

import FTPProtocol
import LinuxSystem

extension Session {
  /// SITE UMASK [octal-mask]
  func siteUmask(_ argument: [UInt8]) throws(FTPError) -> Reply {
    if argument.isEmpty { return Reply(200, "The umask is \(PermissionBits.text(umask)).") }
    _ = try requireSomewhere(.changeMode)
    guard let mask = PermissionBits.parse(argument), mask <= 0o777 else {
      throw .syntax("Usage: SITE UMASK [<octal mask from 000 to 777>]")
    }
    let before = umask
    fileState.umask = mask
    return Reply(200, "The umask is \(PermissionBits.text(mask)); it was \(PermissionBits.text(before)).")
  }

  /// SITE IDLE [seconds]: how long the session may send no command, never longer than the settings allow.
  func siteIdle(_ argument: [UInt8]) throws(FTPError) -> Reply {
    let most = configuration.timeouts.idle.components.seconds
    let now = idleLimit.components.seconds
    if argument.isEmpty {
      return Reply(200, "The session ends after \(now) idle seconds; the maximum is \(most).")
    }
    guard let seconds = FileOffset.parse(argument), seconds >= 1 else { throw .syntax("Usage: SITE IDLE [<seconds>]") }
    guard let wanted = Int64(exactly: seconds), wanted <= most else {
      throw .parameter("SITE IDLE: \(most) seconds at most.")
    }
    fileState.idle = .seconds(wanted)
    return Reply(200, "The session ends after \(wanted) idle seconds.")
  }

  /// SITE WHO: the sessions there are, for administrators.
  func siteWho() throws(FTPError) -> Reply {
    let lines = context.registry.summaries.prefix(Self.whoLimit).map(Self.line)
    return Reply(200, opening: "Sessions:", lines: lines, closing: "\(lines.count) sessions")
  }

  /// As many lines as a reply may well have.
  private static let whoLimit = 1000

  /// A session's number, its client, how long it has been there, and its user.
  private static func line(_ session: SessionSummary) -> [UInt8] {
    let age = MonotonicTime.now.since(session.connected) / 1_000_000_000
    return Array("\(session.id) \(session.peer) \(age) s ".utf8)
      + (session.user.isEmpty ? Array("(not logged in)".utf8) : session.user)
  }

  /// SITE QUOTA: what the user's tree holds, what the quotas still allow, and what the file system still takes.
  func siteQuota(_ command: Command) async throws(FTPError) -> Reply {
    let identity = try requireIdentity()
    let free = try onFile { () throws(SystemError) in try identity.jail.availableBytes(at: .root) }
    let last = "\(free) bytes free on its file system"
    if quotas != nil {
      try await prepareQuotas()
      let lines = quotaLines + [last]
      return Reply(200, opening: "Quota:", lines: lines.map { Array($0.utf8) }, closing: "End of quotas")
    }
    let tally = try await measure(command, .root)
    let lines = ["\(tally.bytes) bytes in \(tally.entries) files and directories of your tree", last]
    return Reply(
      200, opening: "Quota:", lines: lines.map { Array($0.utf8) }, closing: "Your directory tree has no limit.")
  }
}
