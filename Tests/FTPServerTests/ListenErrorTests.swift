// Tests that an address that cannot be had comes with what to do about it.

import Glibc
import LinuxSystem
import MultipathTCP
import Testing

@testable import FTPServer

@Suite struct ListenErrorTests {
  @Test func aLowPortSaysWhatToDo() throws {
    let advice = try #require(ListenError.advice(EACCES, 21, firstUnprivilegedPort: 1024))
    for words in [
      "CAP_NET_BIND_SERVICE", "weftpd.socket", "AmbientCapabilities=", "setcap",
      "net.ipv4.ip_unprivileged_port_start=21",
      "2121",
    ] {
      #expect(advice.contains(words), "\(words)")
    }
    // Something else forbids it then, a security module for instance.
    #expect(ListenError.advice(EACCES, 21, firstUnprivilegedPort: 21) == nil)
    #expect(ListenError.advice(EACCES, 2121, firstUnprivilegedPort: 1024) == nil)
  }

  @Test func othersSayWhatIsTheMatter() throws {
    let address = try #require(SocketAddress("192.0.2.1:21"))
    let used = ListenError(address: address, cause: .system(SystemError(code: EADDRINUSE, call: "bind")))
    #expect("\(used)".hasPrefix("cannot listen on 192.0.2.1:21: Address already in use; another program has this port"))
    let foreign = ListenError(address: address, cause: .system(SystemError(code: EADDRNOTAVAIL, call: "bind")))
    #expect("\(foreign)".contains("no interface of this host has this address"))
  }
}
