// What this machine lets the tests of multipath TCP do.

import Glibc
import MultipathTCP
import TestSupport
import Testing

/// What this machine lets the tests do.
public enum Machine {
  /// The kernel gives multipath sockets.
  public static let hasMultipath = HostProbe.availability() == nil
  /// Why tests with one host are skipped.
  public static let needsMultipath: Comment = "this kernel gives no multipath socket"

  /// Network namespaces can be made here, with shaped links and multipath sockets in them.
  public static let hasNamespaces: Bool =
    geteuid() == 0 && hasMultipath && isInstalled("ip") && (try? NetworkLab(rate: "100mbit")) != nil
  /// Why tests with several hosts are skipped.
  public static let needsNamespaces: Comment = "needs root, ip and tc (iproute2), and a kernel with MPTCP switched on"
}
