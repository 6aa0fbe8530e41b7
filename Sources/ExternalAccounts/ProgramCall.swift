// Runs the operator's program for one question: the document goes to its standard input, the answer is its standard output.

import Glibc
import LinuxSystem

/// A program that answers one question each time it is run.
struct ProgramCall {
  /// Absolute path; it is run without a shell and without arguments.
  let path: String
  /// All that it finds in its environment.
  static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]

  /// Runs the program, and kills it with all it has started if it takes too long. Blocks.
  ///
  /// - Throws: why there is no answer.
  func ask(_ document: [UInt8], patience: Duration) throws(CallError) -> [UInt8] {
    let deadline = MonotonicTime.now.advanced(by: patience.inNanoseconds)
    let (process, input, output) = try start()
    do throws(CallError) {
      let answer = try exchange(document, input, output, deadline)
      try requireSuccess(process, deadline)
      return answer
    } catch {
      // Its session is its own: this reaches what it has started, too.
      kill(-process, SIGKILL)
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      throw error
    }
  }

  /// Starts the program; gives its id, and our ends of the pipes to its standard input and from its standard output.
  private func start() throws(CallError) -> (process: Int32, input: Int32, output: Int32) {
    do throws(SystemError) {
      let (theirInput, input, _) = try File.pipe(capacity: 65_536)
      let (output, theirOutput, _) = try File.pipe(capacity: 65_536)
      defer {
        close(theirInput)
        close(theirOutput)
      }
      // A program expects its standard streams to wait.
      try Socket.setBlocking(theirInput, true)
      try Socket.setBlocking(theirOutput, true)
      // This is a process of one question, which ends if it fails: what is open closes with it.
      let process = try ChildProcesses.spawn(
        path, environment: Self.environment, input: theirInput, output: theirOutput)
      return (process, input, output)
    } catch {
      throw CallError("\(path) cannot be started: \(error.reason)")
    }
  }

  /// Writes and reads until the program has closed its standard output. Closes both ends.
  private func exchange(
    _ document: [UInt8], _ input: Int32, _ output: Int32, _ deadline: MonotonicTime
  ) throws(CallError) -> [UInt8] {
    var input: Int32? = input
    defer {
      if let input { close(input) }
      close(output)
    }
    var (sent, answer): (Int, [UInt8]) = (0, [])
    var piece = [UInt8](repeating: 0, count: 16_384)
    while true {
      let left = deadline.since(.now) / 1_000_000
      guard left > 0 else { throw Self.late(path) }
      let ready = Poll.wait(
        output, .readable, input ?? -1, input == nil ? [] : .writable, milliseconds: Int32(clamping: left))
      if ready.second, let end = input {
        let count = document[sent...].withUnsafeBytes { Glibc.write(end, $0.baseAddress, $0.count) }
        if count > 0 { sent += count }
        // A program that does not read all of it may answer all the same.
        if sent == document.count || (count < 0 && errno != EAGAIN && errno != EINTR) {
          close(end)
          input = nil
        }
      }
      guard ready.first else { continue }
      let count = Glibc.read(output, &piece, piece.count)
      if count == 0 { return answer }
      if count < 0 {
        if errno == EAGAIN || errno == EINTR { continue }
        throw CallError("\(path): its answer cannot be read: \(SystemError(code: errno, call: "read").reason)")
      }
      answer += piece[..<count]
      guard answer.count <= HelperMessage.textLimit else {
        throw CallError("\(path): its answer is longer than \(HelperMessage.textLimit) bytes")
      }
    }
  }

  /// It may close its standard output some time before it ends.
  private func requireSuccess(_ process: Int32, _ deadline: MonotonicTime) throws(CallError) {
    var status: Int32 = 0
    var pause: UInt32 = 200
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      guard ended == 0, deadline.since(.now) > 0 else { throw Self.late(path) }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
    let signal = status & 0x7F
    if signal != 0 { throw CallError("\(path) was ended by signal \(signal)") }
    let code = (status >> 8) & 0xFF
    if code != 0 { throw CallError("\(path) ended with \(code); to deny a login it has to answer so") }
  }

  private static func late(_ path: String) -> CallError { CallError("\(path) gave no answer in time and was killed") }
}

/// Why a question has no answer; one sentence without the password.
struct CallError: Error, Equatable {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
