// What must hold for a client whatever its server does: the fuzzer looks for a server that breaks it, and the tests replay what it kept.

import FTPClient
import Glibc

/// Sessions with a server that does what bytes choose. No calls of other tests' helpers: the fuzzer is built from this folder alone.
struct SessionCheck: Sendable {
  /// The name of the fuzz target and of its folder of kept inputs.
  static let name = "client-session"

  let runtime: ClientRuntime

  /// Runs a client against such a server.
  ///
  /// - Parameter input: how many bytes the client's own choices have, these, and the server's.
  /// - Returns: what is wrong; nil if all is well.
  func run(_ input: [UInt8]) async -> String? {
    let mine = min(Int(input.first ?? 0) % 16 + 1, max(0, input.count - 1))
    let rest = input.dropFirst()
    guard let place = Place() else { return "no directory for it" }
    guard let server = DrivenServer(Choices(rest.dropFirst(mine))) else { return "no listener" }
    server.start()
    let client = DrivenClient(Choices(rest.prefix(mine)), server, runtime, place)
    let failure = await client.run()
    server.stop()
    return failure ?? place.whatIsWrong()
  }

  /// A directory with one to fetch into, one to send from, and something beside both that nobody may touch.
  final class Place: Sendable {
    let path: String
    static let secret = Array("nobody's business".utf8)
    static let sources = ["a": 10, "b": 2500, "c d": 0]

    init?() {
      let top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
      var template = Array("\(top)/weftp-driven.XXXXXX".utf8CString)
      guard let made = mkdtemp(&template) else { return nil }
      path = String(cString: made)
      for name in ["into", "from", "from/sub"] { guard mkdir("\(path)/\(name)", 0o755) == 0 else { return nil } }
      guard Place.write("\(path)/out", Place.secret) else { return nil }
      for (name, size) in Place.sources {
        guard Place.write("\(path)/from/\(name)", [UInt8](repeating: 0x2E, count: size)) else { return nil }
      }
    }

    deinit { remove(path) }

    static func write(_ path: String, _ bytes: [UInt8]) -> Bool {
      let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard file >= 0 else { return false }
      defer { close(file) }
      return Glibc.write(file, bytes, bytes.count) == bytes.count
    }

    static func read(_ path: String) -> [UInt8]? {
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { return nil }
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: 65536)
      let count = Glibc.read(file, &bytes, bytes.count)
      return count < 0 ? nil : Array(bytes[..<count])
    }

    static func names(_ path: String) -> [String] {
      guard let directory = opendir(path) else { return [] }
      defer { closedir(directory) }
      var names: [String] = []
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names.sorted()
    }

    /// What a client must not have done.
    func whatIsWrong() -> String? {
      if Place.names(path) != ["from", "into", "out"] { return "beside the directory there is \(Place.names(path))" }
      if Place.read("\(path)/out") != Place.secret { return "what is beside the directory was written to" }
      if Place.names("\(path)/from") != ["a", "b", "c d", "sub"] {
        return "a source has gone: \(Place.names("\(path)/from"))"
      }
      for (name, size) in Place.sources where Place.read("\(path)/from/\(name)")?.count != size {
        return "\(name) was changed"
      }
      return linkThatLeadsOut("\(path)/into", depth: 0)
    }

    private func linkThatLeadsOut(_ directory: String, depth: Int) -> String? {
      for name in Place.names(directory) {
        var status = stat()
        guard lstat("\(directory)/\(name)", &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFLNK {
          if let real = realpath("\(directory)/\(name)", nil) {
            defer { free(real) }
            let target = String(cString: real)
            if target != "\(path)/into", !target.hasPrefix("\(path)/into/") { return "\(name) leads to \(target)" }
          }
        } else if status.st_mode & S_IFMT == S_IFDIR, depth < 70 {
          if let found = linkThatLeadsOut("\(directory)/\(name)", depth: depth + 1) { return found }
        }
      }
      return nil
    }

    /// By descriptors and bytes: a name that a server has chosen may be no text.
    private func remove(_ path: String) {
      let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0 else { return }
      empty(directory)
      rmdir(path)
    }

    /// - Parameter number: a directory; is closed.
    private func empty(_ number: Int32) {
      guard let directory = fdopendir(number) else { return }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
            guard strcmp(name, ".") != 0, strcmp(name, "..") != 0, unlinkat(number, name, 0) != 0 else { return }
            let inner = openat(number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 { empty(inner) }
            unlinkat(number, name, AT_REMOVEDIR)
          }
        }
      }
    }
  }
}
