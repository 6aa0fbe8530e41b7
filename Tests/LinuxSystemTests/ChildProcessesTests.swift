// Tests that a program started by the daemon gets what it is given and nothing else that happens to be open.

import Glibc
import Testing
import UnitSupport

@testable import LinuxSystem

@Suite struct ChildProcessesTests {
  @Test func aChildHasNoDescriptorButItsOwn() throws {
    let (own, other) = try PacketSocket.pair()
    let (mine, theirs) = (Held(owning: own), Held(owning: other))
    // As sockets of a service manager are: not close-on-exec, and with numbers the child would see.
    let inherited = Held(owning: dup(STDERR_FILENO))
    #expect(inherited.number > 3 && fcntl(inherited.number, F_GETFD) & FD_CLOEXEC == 0)
    let child = try ChildProcesses.spawn(
      "/bin/sh", ["-c", "exec >&3; [ -e /proc/$$/fd/$0 ] && echo leaked || echo closed", String(inherited.number)],
      environment: ["PATH=/usr/bin:/bin"], descriptor: theirs.number)
    #expect(Poll.wait(mine.number, .readable, milliseconds: 20_000))
    var packet = [UInt8](repeating: 0, count: 4096)
    let count = recv(mine.number, &packet, packet.count, 0)
    try #require(count > 0)
    #expect(String(decoding: packet[..<count], as: UTF8.self) == "closed\n")
    var status: Int32 = -1
    #expect(waitpid(child, &status, 0) == child && status == 0)
  }
}
