// What ties data connections to their control connection: keys of its own for TLS tickets, and its TLS session.

import COpenSSL

/// The keys a control connection's tickets are encrypted with.
///
/// A data connection takes only tickets encrypted with the keys of its control connection, so that resuming proves which
/// control connection the client has, and not only that it has one. They end with the control connection: a ticket is never
/// too old while it lives, and of no use to anybody afterwards (docs/decisions/0021).
final class SessionBinding {
  let pointer: UnsafeMutablePointer<weft_binding>

  init(clockShift: Int) throws(OpenSSLError) {
    OpenSSLError.clearQueue()
    guard let pointer = weft_binding_make() else { throw OpenSSLError() }
    pointer.pointee.clock_shift = clockShift
    self.pointer = pointer
  }

  deinit { weft_binding_free(pointer) }
}
