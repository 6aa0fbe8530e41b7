// Puts the calling thread into another network namespace, for tools and tests that look at several hosts in one.

import CMultipath
import Glibc
import LinuxSystem

/// Network namespaces. A thread has one; sockets belong for ever to the one they were made in.
///
/// Both calls need CAP_SYS_ADMIN and change the calling thread only, so call them on a thread of your own, or before
/// there are others. Source: network_namespaces(7).
public enum NetworkNamespace {
  /// Enters the namespace that `path` stands for: `/run/netns/NAME`, `/proc/PID/ns/net`.
  public static func enter(_ path: String) throws(SystemError) {
    let file = try File.open(path, flags: O_RDONLY)
    let result = weft_mp_enter_network(file.number)
    if result < 0 { throw SystemError(code: -result, call: "setns") }
  }

  /// Enters a new namespace with nothing but a loopback interface, which is down. It ends with its last thread and socket.
  public static func enterNew() throws(SystemError) {
    let result = weft_mp_new_network()
    if result < 0 { throw SystemError(code: -result, call: "unshare") }
  }
}
