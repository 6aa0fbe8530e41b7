// Decides one request, in a process made for it.

import AuthenticationProtocol
import Glibc
import LinuxSystem

enum Conversation {
  /// The answer to a request.
  ///
  /// Users who may not log in take the same way as everybody: PAM is asked about their name, with a password that is
  /// nobody's, so that neither the answer nor its time tells them from a wrong password.
  static func decide(_ id: UInt32, _ request: LoginRequest, minimumUser: UInt32) -> Message {
    // PAM's modules write the name into logs, where controls would forge lines. No user has any: this one stays unknown.
    let isName = !request.user.contains { $0 < 0x20 || $0 == 0x7F }
    let name = String(
      decoding: isName ? request.user : request.user.map { $0 < 0x20 || $0 == 0x7F ? 0x3F : $0 }, as: UTF8.self)
    let user: SystemUser?
    let objection: String?
    do throws(SystemError) {
      let policy = try LoginPolicy(minimumUser: max(1, minimumUser, request.minimumUser))
      user = isName ? try UserDatabase.user(named: name) : nil
      objection = user.flatMap { policy.objection(to: $0) }
    } catch {
      complain("cannot look \(shown(name)) up: \(error)")
      return .tryLater(id: id)
    }
    let isAllowed = user != nil && objection == nil
    let password = isAllowed ? request.password : Secret(unusable())
    switch PAM.check(service: request.service, user: name, password: password, remoteHost: request.remoteHost) {
    case .right:
      guard isAllowed, let user else { return .refused(id: id) }
      return .accepted(
        id: id, LocalUser(user: user.user, group: user.group, groups: user.groups, home: user.home))
    case .wrong:
      if let objection { complain("refused \(shown(name)) from \(request.remoteHost): \(objection)") }
      return .refused(id: id)
    case .unavailable:
      complain("PAM cannot tell about \(shown(name)); see its log, and the service \(request.service)")
      return .tryLater(id: id)
    }
  }

  /// 128 random bits that nobody could type.
  private static func unusable() -> [UInt8] { Random.bytes(16).flatMap { [0x80 | $0 >> 4, 0x80 | $0 & 15] } }

  /// A name that is safe in a log.
  private static func shown(_ name: String) -> String {
    "'" + String(decoding: name.utf8.prefix(64).map { 0x20..<0x7F ~= $0 && $0 != 0x27 ? $0 : 0x3F }, as: UTF8.self)
      + "'"
  }
}

/// Writes a line to standard error, which is the journal's.
func complain(_ text: String) {
  let line = Array("weftpd-authd: \(text)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
