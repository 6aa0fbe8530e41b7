// Ctrl-C and SIGTERM: the first cancels what is going on in order, the second ends the program at once.

import ArgumentParser
import Dispatch
import FTPClient
import Glibc
import LinuxSystem
import Synchronization

/// Runs the work of a command.
enum Interruption {
  /// False for what runs in the background: Ctrl-C is meant for what runs in front.
  @TaskLocal static var handlesSignals = true

  /// Runs what needs no network, says what went wrong, and ends with the code for it.
  static func plain(_ body: () throws -> Void) throws {
    do { try body() } catch let error as ClientError {
      Output.error("\(error)")
      throw ExitCode(error)
    } catch let error as UnusableFile {
      Output.error("\(error)")
      throw ExitCode.unusableSettings
    } catch let error as SystemError {
      Output.error("\(error)")
      throw ExitCode.unusableSettings
    }
  }

  /// Runs `body`, says what went wrong, and ends with the code for it.
  static func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    if !handlesSignals { return try await told(body, nil) }
    let caught = Mutex<Int32?>(nil)
    let task = Task { try await body() }
    _ = sources
    let before = handler.withLock { handler in
      defer {
        handler = { number in
          if caught.withLock({ $0 }) != nil { _exit(128 + number) }
          caught.withLock { $0 = number }
          task.cancel()
        }
      }
      return handler
    }
    defer { handler.withLock { $0 = before } }
    func signalCaught() -> Int32? { caught.withLock { $0 } }
    try await told({ try await task.value }, signalCaught)
  }

  /// What a signal does now; nil: it ends the program.
  private static let handler = Mutex<(@Sendable (Int32) -> Void)?>(nil)

  /// Made once: a source that follows another one for the same signal may hear nothing. Never changed, so any thread may touch it.
  private nonisolated(unsafe) static let sources = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      if let handler = handler.withLock({ $0 }) { handler(number) } else { _exit(128 + number) }
    }
    source.resume()
    return source
  }

  private static func told(_ body: () async throws -> Void, _ signal: (() -> Int32?)?) async throws {
    do { try await body() } catch {
      if let number = signal?() {
        Output.error("interrupted; the same command goes on where this one stopped")
        throw ExitCode(128 + number)
      }
      guard let error = error as? ClientError else { throw error }
      Output.error("\(error)")
      throw ExitCode(error)
    }
  }
}
