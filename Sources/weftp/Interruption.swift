// Ctrl-C and SIGTERM: the first cancels what is going on in order, the second ends the program at once.

import ArgumentParser
import Dispatch
import FTPClient
import Glibc
import Synchronization

/// Runs the work of a command.
enum Interruption {
  /// Runs `body`, says what went wrong, and ends with the code for it.
  static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let caught = Mutex<Int32?>(nil)
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if caught.withLock({ $0 }) != nil { _exit(128 + number) }
        caught.withLock { $0 = number }
        task.cancel()
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    do { try await task.value } catch {
      if let number = caught.withLock({ $0 }) {
        Output.error("interrupted; the same command goes on where this one stopped")
        throw ExitCode(128 + number)
      }
      guard let error = error as? ClientError else { throw error }
      Output.error("\(error)")
      throw ExitCode(error)
    }
  }
}
