// Starts other programs and copies of this process, and reports how they ended.

import CLinux
import Glibc

/// Child processes of this process.
public enum ChildProcesses {
  /// POSIX_SPAWN_SETSID, which the C library defines only with _GNU_SOURCE.
  private static let ownSession: Int16 = 0x80

  /// How a child ended.
  public struct Ending: Sendable {
    public let process: Int32
    /// True for exit code 0.
    public let isOrderly: Bool
  }

  /// Starts the program at `path` in a new session. It inherits only standard error, `descriptor` as number 3, and the given
  /// environment. All signals have their default handling.
  ///
  /// Source: posix_spawn(3).
  public static func spawn(
    _ path: String, _ arguments: [String], environment: [String], descriptor: Int32
  ) throws(SystemError) -> Int32 {
    // A descriptor that is number 3 already would stay close-on-exec: dup2 to itself clears that here (POSIX, and glibc 2.29).
    try spawn(path, arguments, environment: environment) { actions in
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, descriptor, 3)
      return 4
    }
  }

  /// The same with `input` as standard input, and no further descriptor.
  public static func spawn(
    _ path: String, _ arguments: [String], environment: [String], input: Int32
  ) throws(SystemError) -> Int32 {
    try spawn(path, arguments, environment: environment) { actions in
      posix_spawn_file_actions_adddup2(&actions, input, 0)
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
      return 3
    }
  }

  /// The same with no argument, and with `input` and `output` as standard input and output.
  public static func spawn(
    _ path: String, environment: [String], input: Int32, output: Int32
  ) throws(SystemError) -> Int32 {
    try spawn(path, [], environment: environment) { actions in
      posix_spawn_file_actions_adddup2(&actions, input, 0)
      posix_spawn_file_actions_adddup2(&actions, output, 1)
      return 3
    }
  }

  /// Starts the program at `path` as nobody's child, in a session of its own, and returns when it is that. It inherits standard error;
  /// standard input is /dev/null. The calling process must have only one thread.
  ///
  /// - Parameters:
  ///   - directory: where it starts; nil: where this process is.
  ///   - output: its standard output.
  /// - Returns: its process id. Source: fork(2), execve(2), setsid(2).
  public static func startDetached(
    _ path: String, _ arguments: [String], environment: [String], in directory: String?, output: Int32
  ) throws(SystemError) -> Int32 {
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    return try check(weft_start_detached(path, &argv, &envp, directory, output), "execve")
  }

  /// - Parameter prepare: sets up descriptors; returns the first that is to be closed.
  private static func spawn(
    _ path: String, _ arguments: [String], environment: [String],
    _ prepare: (inout posix_spawn_file_actions_t) -> Int32
  ) throws(SystemError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let first = prepare(&actions)
    // Our own descriptors are close-on-exec, but sockets passed by a service manager may not be.
    try check(weft_spawn_close_from(&actions, first), "posix_spawn_file_actions_addclosefrom_np")
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | ownSession)
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, path, &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw SystemError(code: code, call: "posix_spawn") }
    return process
  }

  /// Waits for a child on the calling thread. Sources: pidfd_open(2), waitpid(2).
  ///
  /// - Returns: its exit code, or 128 and the signal that ended it; nil if it still runs after `milliseconds` (-1: for ever).
  public static func wait(for process: Int32, milliseconds: Int32) -> Int32? {
    let handle = weft_pidfd_open(process)
    // Where there is no such call, looking now and then has to do.
    defer { if handle >= 0 { close(handle) } }
    let deadline = milliseconds < 0 ? .never : MonotonicTime.now.advanced(by: Int64(milliseconds) * 1_000_000)
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F) }
      if ended < 0, errno != EINTR { return 127 }
      let left = deadline.since(.now)
      if left <= 0 { return nil }
      let pause = deadline == .never ? -1 : Int32(clamping: left / 1_000_000 + 1)
      if handle >= 0 {
        _ = Poll.wait(handle, .readable, milliseconds: pause)
      } else {
        usleep(10_000)
      }
    }
  }

  /// Forks this process, which must have only one thread, and runs `body` in the copy. The result of `body` is the copy's exit code.
  ///
  /// - Returns: the id of the copy. Source: fork(2).
  public static func copy(_ body: () -> Int32) throws(SystemError) -> Int32 {
    let process = try check(weft_fork(), "fork")
    if process == 0 { _exit(body()) }
    return process
  }

  /// The next child that has ended; nil if none has. Source: waitpid(2).
  public static func reap() -> Ending? {
    var status: Int32 = 0
    let process = waitpid(-1, &status, WNOHANG)
    return process > 0 ? Ending(process: process, isOrderly: status == 0) : nil
  }
}
