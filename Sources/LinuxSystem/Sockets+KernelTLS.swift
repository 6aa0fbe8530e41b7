// Whether the kernel can encrypt TLS by itself.

import CLinux
import Glibc

extension Socket {
  /// Why kernel TLS is not available; nil if it is. Source: tcp(7), TCP_ULP; the kernel's Documentation/networking/tls.rst.
  public static func kernelTLSFault() -> SystemError? {
    do {
      let socket = try stream(.ipv4)
      let result = "tls".withCString { weft_setsockopt(socket.number, Int32(IPPROTO_TCP), 31, $0, 3) }
      // ENOTCONN: kernel TLS exists, but needs a connection.
      return result >= 0 || result == -ENOTCONN ? nil : SystemError(code: -result, call: "setsockopt TCP_ULP")
    } catch {
      return error
    }
  }
}
