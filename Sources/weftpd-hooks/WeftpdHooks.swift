// weftpd-hooks: the process that runs hooks' programs and posts to their URLs, so that weftpd may do neither. Wiring only.

import CCurl
import Glibc
import LinuxSystem
import WeftVersion

@main
struct WeftpdHooks {
  /// Where weftpd's pipe is.
  static let pipe: Int32 = 3

  static func main() {
    let arguments = ThisProcess.arguments
    if arguments == ["--help"] { return print(HookOptions.usage, terminator: "") }
    if arguments == ["--version"] { return print("weftpd-hooks \(weftVersion)") }
    let options: HookOptions
    do throws(UsageError) {
      options = try HookOptions(arguments)
    } catch {
      complain("\(error)\n\(HookOptions.usage)")
      exit(64)
    }
    guard fcntl(pipe, F_GETFD) >= 0 else {
      complain("there is no pipe; weftpd gives one\n\(HookOptions.usage)")
      exit(64)
    }
    _ = fcntl(pipe, F_SETFD, FD_CLOEXEC)
    signal(SIGPIPE, SIG_IGN)
    exit(options.isWorker ? Worker.run(options, pipe) : supervise(arguments))
  }

  /// Has a copy of this program do the work, and starts another when it breaks down; what the pipe holds stays there meanwhile.
  private static func supervise(_ arguments: [String]) -> Int32 {
    var mark = ["--fresh"]
    var pause: UInt32 = 100
    while true {
      let started = MonotonicTime.now
      do throws(SystemError) {
        let worker = try ChildProcesses.spawn(
          "/proc/self/exe", ["--worker"] + mark + arguments, environment: Worker.environment, descriptor: pipe)
        let code = ChildProcesses.wait(for: worker, milliseconds: -1) ?? 127
        // An orderly end, or one that would come again.
        if code == 0 || code == 64 || code == 78 { return code }
        // One that could not begin has left the end of the queue as it was.
        if code != Worker.cannotBegin {
          complain("broke down (\(code)); starting again")
          mark = []
        }
      } catch {
        complain("cannot start: \(error)")
      }
      if MonotonicTime.now.since(started) > 60_000_000_000 { pause = 100 }
      usleep(pause * 1000)
      pause = min(pause * 2, 10_000)
    }
  }
}

/// Writes a line to standard error, which is the journal's. What others sent must not forge lines.
func complain(_ text: String) {
  let safe = text.utf8.map { $0 < 0x20 && $0 != 0x0A || $0 == 0x7F ? 0x3F : $0 }
  let line = Array("weftpd-hooks: ".utf8) + safe + [0x0A]
  _ = write(STDERR_FILENO, line, line.count)
}
