// Tests of what a process does to its own limits.

import Glibc
import Testing

@testable import LinuxSystem

@Suite struct ProcessLimitsTests {
  @Test func raisesTheSoftLimitOfOpenFilesToTheHardOne() {
    let granted = ProcessLimits.raiseOpenFiles()
    var limits = rlimit()
    #expect(getrlimit(__rlimit_resource_t(7), &limits) == 0)  // RLIMIT_NOFILE
    #expect(limits.rlim_cur == limits.rlim_max)
    #expect(UInt64(limits.rlim_cur) == granted)
    #expect(ProcessLimits.raiseOpenFiles() == granted)
  }
}
