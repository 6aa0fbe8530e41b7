// Threads of their own, network namespaces without names, and programs run in them.

import CLinux
import Glibc
import LinuxSystem
import MultipathTCP
import Synchronization

struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}

/// Runs `body` on a new thread, which may change its namespace, and waits for it.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
  let outcome = Outcome<Result>()
  let context = Unmanaged.passRetained(Erased { outcome.set(Swift.Result { try body() }) })
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { context in
      Unmanaged<Erased>.fromOpaque(context.unsafelyUnwrapped).takeRetainedValue().run()
      return nil
    }, context.toOpaque())
  if failure != 0 { throw Trouble("pthread_create: \(failure)") }
  pthread_join(thread, nil)
  return try outcome.get()
}

/// What a thread leaves behind.
private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
  func get() throws -> Value {
    guard let result = result.withLock({ $0 }) else { throw Trouble("the thread ended early") }
    return try result.get()
  }
}

private final class Erased: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A network namespace without a name: it ends with this value and the sockets made in it.
final class Namespace: Sendable {
  private let descriptor: Int32

  /// A path that `ip … netns` takes.
  var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  init() throws {
    descriptor = try onOwnThread {
      try NetworkNamespace.enterNew()
      try command("ip link set lo up")
      return try File.open("/proc/thread-self/ns/net", flags: O_RDONLY).release()
    }
  }

  deinit { close(descriptor) }

  /// Runs `body` on a thread that is in this namespace.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let path = self.path
    return try onOwnThread {
      try NetworkNamespace.enter(path)
      return try body()
    }
  }

  /// Runs lines of a shell script in this namespace.
  func shell(_ script: String) throws { try run { _ = try command(script) } }
}

/// Runs a shell script in the namespace of the calling thread and gives its output.
@discardableResult
func command(_ script: String) throws -> String {
  var ends: [Int32] = [0, 0]
  guard pipe2Pair(&ends) else { throw Trouble("pipe") }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
  let words = ["/bin/sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n\(script)"]
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var child: pid_t = 0
  let failure = posix_spawn(&child, "/bin/sh", &actions, nil, &arguments, environ)
  close(ends[1])
  defer { close(ends[0]) }
  guard failure == 0 else { throw Trouble("posix_spawn: \(failure)") }
  var output: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while case let count = read(ends[0], &piece, piece.count), count > 0 { output += piece[..<count] }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  let text = String(decoding: output, as: UTF8.self)
  if status != 0 { throw Trouble("\(script): status \(status): \(text)") }
  return text
}

/// A pipe that no other child inherits.
private func pipe2Pair(_ ends: inout [Int32]) -> Bool {
  ends.withUnsafeMutableBufferPointer { weft_pipe($0.baseAddress) } == 0
    && ends.allSatisfy { fcntl($0, F_SETFL, 0) == 0 }
}
