// ABOR (RFC 959, section 4.1.3) outside a transfer.

import FTPProtocol

extension Session {
  /// Within a transfer ABOR is seen while the transfer waits, which then ends with 426 before this reply.
  func abort(_ command: Command) throws(FTPError) -> Reply {
    channels.forget()
    return Reply(226, "Abort successful.")
  }
}
