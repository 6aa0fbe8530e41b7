// Tests of extended attributes that are carried from one file to another.

import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite struct FileAttributesTests {
  /// The names of a few fit into a KiB, those of many into no buffer on the stack. /dev/shm: other file systems hold fewer.
  @Test(.enabled(if: access("/dev/shm", W_OK) == 0, "needs /dev/shm"), arguments: [3, 40])
  func attributesAreCarriedHoweverManyThereAre(_ count: Int) throws {
    let place = "/dev/shm/weftpd-attributes-\(getpid())-\(count)"
    try #require(mkdir(place, 0o700) == 0)
    defer {
      unlink("\(place)/old")
      unlink("\(place)/new")
      rmdir(place)
    }
    let (old, new) = (open("\(place)/old", O_CREAT | O_RDWR, 0o600), open("\(place)/new", O_CREAT | O_RDWR, 0o600))
    let directory = open(place, O_RDONLY | O_DIRECTORY)
    defer { for number in [old, new, directory] { close(number) } }
    let names = (0..<count).map { "user.\(String(repeating: "n", count: 200))\($0)" }
    do throws(SystemError) { for name in names { try File.setAttribute(old, name, Array(name.utf8.suffix(4))) } } catch
    {
      // A kernel before 6.6 has none of users on tmpfs.
      try #require(error.code == EOPNOTSUPP)
      return
    }
    File.copyAttributes(of: "old", in: directory, to: new)
    for name in names { #expect(File.attribute(new, name) == Array(name.utf8.suffix(4))) }
  }
}
