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

  /// mincore(2) would tell of the page cache; what this process has mapped of a file, smaps tells.
  @Test func codeThatIsLetGoOfComesBack() throws {
    func residentCode() -> Int {
      guard let maps = fopen("/proc/self/smaps", "re") else { return -1 }
      defer { fclose(maps) }
      var line = [CChar](repeating: 0, count: 1024)
      var (isCode, sum) = (false, 0)
      while fgets(&line, 1024, maps) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(separator: " ")
        if words.count >= 5, words[0].contains("-") {
          isCode = words[1] == "r-xp" && words[5...].contains { $0.hasPrefix("/") }
        }
        if isCode, words.first == "Rss:", words.count > 1 { sum += Int(words[1]) ?? 0 }
      }
      return sum
    }
    let before = residentCode()
    ProcessLimits.releaseCode()
    let after = residentCode()
    #expect(before > 0 && after > 0 && after < before, "\(before) KiB before, \(after) after")
  }
}
