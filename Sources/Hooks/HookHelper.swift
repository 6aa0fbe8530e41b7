// Starts weftpd-hooks, while this process may still start programs.

import Glibc
import LinuxSystem

/// The running weftpd-hooks.
///
/// It is started when privileges are given up already and before Landlock confines this process. So it is the user weftpd serves as,
/// without privileges, but may run programs and connect to others, which weftpd itself may not from then on.
public final class HookHelper: Sendable {
  private let process: Int32
  /// The writing end of the pipe it reads from; the caller's.
  public let pipe: Int32

  /// Where weftpd-hooks may be: beside weftpd, and where `make install` puts it.
  private static var places: [String] {
    let own = (try? File.resolvedPath("/proc/self/exe")) ?? "/usr/local/sbin/weftpd"
    let directory = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ""
    return ["\(directory)/weftpd-hooks", "\(directory)/../lib/weftpd/weftpd-hooks"]
  }

  private static var program: String? { places.first { access($0, X_OK) == 0 } }

  /// Why it could not be started, in words that follow the key of a setting; nil when it could.
  public static var fault: String? {
    program == nil ? "needs weftpd-hooks, which is not installed; expected at \(places.joined(separator: " or "))" : nil
  }

  /// - Throws: when it cannot be started.
  public init(_ settings: HookSettings) throws(SystemError) {
    guard let program = Self.program else { throw SystemError(code: ENOENT, call: "posix_spawn") }
    // As much as an unprivileged process may have: what comes while weftpd-hooks is busy.
    let ends = try File.pipe(capacity: 1 << 20)
    let reading = Descriptor(owning: ends.read)
    do throws(SystemError) {
      process = try ChildProcesses.spawn(
        program, settings.arguments,
        environment: [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SWIFT_BACKTRACE=enable=no",
        ],
        descriptor: reading.number)
    } catch {
      _ = Descriptor(owning: ends.write)
      throw error
    }
    pipe = ends.write
  }

  /// Waits until it has taken what the pipe holds and has ended; the writing end has to be closed. False when that took too long: what is
  /// in the queue is not lost by that.
  @discardableResult
  public func waitUntilEnd(within timeout: Duration) -> Bool {
    let deadline = MonotonicTime.now.advanced(by: timeout.inNanoseconds)
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if MonotonicTime.now >= deadline { return false }
      usleep(5000)
    }
    return true
  }
}
