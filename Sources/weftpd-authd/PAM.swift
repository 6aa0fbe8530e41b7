// One PAM conversation: authentication and account management of one name with one password.

import AuthenticationProtocol
import CPAM

/// What PAM says of a name and a password.
enum PAM {
  enum Answer { case right, wrong, unavailable }

  /// Asks PAM. Blocks for as long as its modules take.
  ///
  /// No session is opened: weftpd holds the files itself, with the user's file-system credentials, so there is no process
  /// that pam_limits, pam_systemd and their like could prepare.
  ///
  /// Source: pam_start(3), pam_authenticate(3), pam_acct_mgmt(3), pam_fail_delay(3).
  static func check(service: String, user: String, password: Secret, remoteHost: String) -> Answer {
    let text = UnsafeMutableRawBufferPointer.allocate(byteCount: password.count + 1, alignment: 1)
    defer {
      Secret.wipe(text)
      text.deallocate()
    }
    password.withBytes { text.copyBytes(from: $0) }
    text[password.count] = 0
    var context = weft_pam_answer(
      password: text.baseAddress.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }, given: 0)
    return withUnsafeMutablePointer(to: &context) { context in
      var handle: OpaquePointer?
      guard weft_pam_start(service, user, context, &handle) == PAM_SUCCESS, let handle else { return .unavailable }
      let status = converse(handle, user: user, remoteHost: remoteHost)
      pam_end(handle, status)
      return answer(status)
    }
  }

  private static func converse(_ handle: OpaquePointer, user: String, remoteHost: String) -> Int32 {
    _ = remoteHost.withCString { pam_set_item(handle, PAM_RHOST, $0) }
    _ = "ftp".withCString { pam_set_item(handle, PAM_TTY, $0) }
    _ = weft_pam_never_wait(handle)
    let flags = Int32(bitPattern: UInt32(PAM_SILENT) | UInt32(PAM_DISALLOW_NULL_AUTHTOK))
    var status = pam_authenticate(handle, flags)
    if status == PAM_SUCCESS { status = pam_acct_mgmt(handle, flags) }
    // A module that made somebody else of the user has not answered the question that was asked.
    if status == PAM_SUCCESS, weft_pam_user(handle).map({ String(cString: $0) }) != user { status = PAM_PERM_DENIED }
    return status
  }

  private static func answer(_ status: Int32) -> Answer {
    switch status {
    case PAM_SUCCESS: return .right
    case PAM_OPEN_ERR, PAM_SYMBOL_ERR, PAM_SERVICE_ERR, PAM_SYSTEM_ERR, PAM_BUF_ERR, PAM_ABORT, PAM_AUTHINFO_UNAVAIL,
      PAM_MODULE_UNKNOWN, PAM_CRED_UNAVAIL:
      return .unavailable
    default: return .wrong
    }
  }
}
