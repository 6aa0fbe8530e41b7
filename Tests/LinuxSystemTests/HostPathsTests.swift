// Tests how an operator's paths are made absolute and resolved.

import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

@Suite struct HostPathsTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func relativePathsCountFromTheCurrentDirectory() throws {
    let current = try File.resolvedPath(".")
    #expect(File.absolutePath("/a/b") == "/a/b")
    #expect(File.absolutePath("a") == (current == "/" ? "/a" : current + "/a"))
    #expect(File.absolutePath(".") == current)
  }

  @Test func linksAreResolved() throws {
    let real = try File.resolvedPath(directory.path)
    #expect(symlink(directory.path, directory.path + "/link") == 0)
    #expect(try File.resolvedPath(directory.path + "/link/link") == real)
    #expect(throws: SystemError(code: ENOENT, call: "realpath")) {
      try File.resolvedPath(directory.path + "/nothing")
    }
  }
}
