// Tests of VirtualPath: normalisation, the limits, and that nothing leads above the root.

import FTPProtocol
import Testing

@Suite struct VirtualPathTests {
  private func resolve(_ argument: String, in directory: String = "/") throws -> String {
    text(try VirtualPath(bytes(directory)).resolving(bytes(argument)).bytes)
  }

  @Test(arguments: [
    ("/", "", "/"), ("/a/b", "", "/a/b"), ("/a", "b", "/a/b"), ("/a", "/b", "/b"), ("/a", "..", "/"), ("/", "..", "/"),
    ("/", "../../..", "/"), ("/a/b", "../c", "/a/c"), ("/a", "./b/./c/", "/a/b/c"), ("/a", "b//c", "/a/b/c"),
    ("/", "//", "/"), ("/a", "...", "/a/..."), ("/a", ".../x", "/a/.../x"), ("/a", "b/../../../etc", "/etc"),
    ("/a", "~", "/"), ("/a", "~/", "/"), ("/a", "~/x", "/x"), ("/a", "~joe", "/a/~joe"), ("/a", "./~", "/a/~"),
    ("/a", " b ", "/a/ b "), ("/a", "b\\..\\c", "/a/b\\..\\c"), ("/a", "..b", "/a/..b"), ("/", "/..a/.b", "/..a/.b"),
  ])
  func resolves(directory: String, argument: String, expected: String) throws {
    #expect(try resolve(argument, in: directory) == expected)
  }

  @Test func keepsAnyByteButNULAndSlash() throws {
    let name = Array(UInt8(1)...UInt8.max).filter { $0 != 0x2F }
    #expect(try VirtualPath.root.resolving(name).bytes == [0x2F] + name)
    #expect(throws: PathError.invalid) { try VirtualPath.root.resolving([0x61, 0, 0x62]) }
  }

  @Test func holdsTheLimitOfAComponent() throws {
    let longest = [UInt8](repeating: 0x61, count: 255)
    #expect(try VirtualPath.root.resolving(longest).bytes.count == 256)
    #expect(throws: PathError.tooLong) { try VirtualPath.root.resolving(longest + [0x61]) }
  }

  @Test func holdsTheLimitOfAPath() throws {
    // Sixteen components of 255 bytes and their slashes make 4096.
    let component = [UInt8](repeating: 0x61, count: 255)
    var path = VirtualPath.root
    for _ in 0..<15 { path = try path.resolving(component) }
    #expect(path.bytes.count == 3840)
    #expect(try path.resolving(Array(component.dropLast())).bytes.count == 4095)
    #expect(throws: PathError.tooLong) { try path.resolving(component) }
  }

  @Test func manyStepsUpAreHarmless() throws {
    let argument = Array(repeating: bytes("a/../"), count: 10000).flatMap { $0 } + bytes("b")
    #expect(try VirtualPath.root.resolving(argument).bytes == bytes("/b"))
  }

  @Test func givesItsParts() throws {
    let path = try VirtualPath(bytes("/a/b c/d"))
    #expect(text(path.parent.bytes) == "/a/b c")
    #expect(path.lastComponent.map { text($0) } == "d")
    #expect(text(path.relativeBytes) == "a/b c/d")
    #expect(try VirtualPath(bytes("/a")).parent == .root)
    #expect(VirtualPath.root.parent == .root)
    #expect(VirtualPath.root.lastComponent == nil)
    #expect(text(VirtualPath.root.relativeBytes) == ".")
    #expect(VirtualPath.root.isRoot)
  }

  @Test func knowsWhatLiesWithin() throws {
    let directory = try VirtualPath(bytes("/a/b"))
    #expect(try VirtualPath(bytes("/a/b")).isWithin(directory))
    #expect(try VirtualPath(bytes("/a/b/c")).isWithin(directory))
    #expect(try !VirtualPath(bytes("/a/bc")).isWithin(directory))
    #expect(try !VirtualPath(bytes("/a")).isWithin(directory))
    #expect(directory.isWithin(.root))
    #expect(VirtualPath.root.isWithin(.root))
  }
}
