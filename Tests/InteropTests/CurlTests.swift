// curl: EPSV first, SIZE, REST, active mode, directory creation, quoted commands.

import TestSupport
import Testing

@Suite(installed("curl")) struct CurlTests {
  private let common = ["curl", "-sS", "--max-time", "50"]

  @Test(arguments: [[], ["--disable-epsv"], ["-P", "127.0.0.1"], ["-P", "127.0.0.1", "--disable-eprt"]])
  func downloadsAndUploads(_ mode: [String]) async throws {
    try await Interop.run { test in
      try curl(test, mode + ["-o", "out.bin", test.url + "data.bin"])
      try test.requireLocal("out.bin")
      try curl(test, mode + ["-T", "out.bin", test.url + "up.bin"])
      try test.requireRemote("up.bin")
      try curl(test, mode + ["-o", "nothing", test.url + "empty"])
      try test.requireLocal("nothing", [])
    }
  }

  @Test func resumesBothWays() async throws {
    try await Interop.run { test in
      try test.local.write("part", Array(Interop.content.prefix(500_001)))
      try curl(test, ["-C", "-", "-o", "part", test.url + "data.bin"])
      try test.requireLocal("part")
      try test.server.root.write("up", Array(Interop.content.prefix(300_001)))
      try curl(test, ["-C", "-", "-T", "part", test.url + "up"])
      try test.requireRemote("up")
    }
  }

  @Test func listsCreatesAppendsAndDeletes() async throws {
    try await Interop.run { test in
      let names = try curl(test, ["-l", test.url]).output.split(whereSeparator: \.isNewline).map(String.init)
      try require(names == ["data.bin", "empty", "tree"], "the listing is \(names)")
      try test.local.write("f", bytes("one"))
      try curl(test, ["--ftp-create-dirs", "-T", "f", test.url + "new/deep/f"])
      try curl(test, ["--append", "-T", "f", test.url + "new/deep/f"])
      try test.requireRemote("new/deep/f", bytes("oneone"))
      try curl(test, ["-Q", "-DELE empty", "-I", test.url + "data.bin"])
      try require(!test.server.root.exists("empty"), "DELE was not carried out")
      let head = try curl(test, ["-I", test.url + "data.bin"]).output
      try require(head.contains("Content-Length: \(Interop.content.count)"), head)
    }
  }

  @Test func convertsText() async throws {
    try await Interop.run { test in
      try test.server.root.write("text", bytes("one\ntwo\n"))
      // curl writes the text with the line ends of its own system, and sends it with those of the wire.
      try curl(test, ["-B", "-o", "out", test.url + "text"])
      try test.requireLocal("out", bytes("one\ntwo\n"))
      try curl(test, ["--use-ascii", "-T", "out", test.url + "up"])
      try test.requireRemote("up", bytes("one\ntwo\n"))
    }
  }

  @Test func anAbsentFileIsError78() async throws {
    try await Interop.run { test in
      let result = try TestSupport.run(common + ["-o", "/dev/null", test.url + "absent"])
      try require(result.exitCode == 78, "curl ended with \(result.exitCode): \(result.errors)")
      let login = try TestSupport.run(common + ["ftp://alice:wrong@127.0.0.1:\(test.port)/"])
      try require(login.exitCode == 67, "curl ended with \(login.exitCode): \(login.errors)")
    }
  }

  @discardableResult
  private func curl(_ test: Interop, _ arguments: [String]) throws -> CommandResult {
    let result = try TestSupport.run(common + arguments, directory: test.local.path)
    try require(result.exitCode == 0, "curl \(arguments) ended with \(result.exitCode): \(result.errors)")
    return result
  }
}
