// Puts the calling thread into another network namespace, for tools and tests that look at several hosts in one.

import CMultipath
import Glibc
import LinuxSystem

/// Network namespaces. Each thread is in one; a socket always belongs to the one in which it was made.
///
/// Both calls need CAP_SYS_ADMIN and change only the calling thread, so call them on a dedicated thread, or before
/// there are other threads. Source: network_namespaces(7).
public enum NetworkNamespace {
  /// Enters the namespace that `path` stands for: `/run/netns/NAME`, `/proc/PID/ns/net`.
  public static func enter(_ path: String) throws(SystemError) {
    let file = try File.open(path, flags: O_RDONLY)
    let result = weft_mp_enter_network(file.number)
    if result < 0 { throw SystemError(code: -result, call: "setns") }
  }

  /// Enters a new namespace that has only a loopback interface, which is down. It ends with its last thread and socket.
  public static func enterNew() throws(SystemError) {
    let result = weft_mp_new_network()
    if result < 0 { throw SystemError(code: -result, call: "unshare") }
  }
}
