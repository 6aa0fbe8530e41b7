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
    let process: Int32
    let (input, output): (Descriptor, Descriptor)
    do throws(SystemError) {
      let toProgram = try File.pipe(capacity: 65_536)
      let (theirInput, ours) = (Descriptor(owning: toProgram.read), Descriptor(owning: toProgram.write))
      let fromProgram = try File.pipe(capacity: 65_536)
      let (back, theirOutput) = (Descriptor(owning: fromProgram.read), Descriptor(owning: fromProgram.write))
      // A program expects its standard streams to wait.
      try Socket.setBlocking(theirInput.number, true)
      try Socket.setBlocking(theirOutput.number, true)
      process = try ChildProcesses.spawn(
        path, environment: Self.environment, input: theirInput.number, output: theirOutput.number)
      (input, output) = (ours, back)
    } catch {
      throw CallError("\(path) cannot be started: \(error.reason)")
    }
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

  private func exchange(
    _ document: [UInt8], _ input: consuming Descriptor, _ output: borrowing Descriptor, _ deadline: MonotonicTime
  ) throws(CallError) -> [UInt8] {
    var input: Descriptor? = consume input
    var (sent, answer): (Int, [UInt8]) = (0, [])
    var piece = [UInt8](repeating: 0, count: 16_384)
    while true {
      let writing = input?.number ?? -1
      let left = deadline.since(.now) / 1_000_000
      guard left > 0 else { throw Self.late(path) }
      let ready = Poll.wait(
        output.number, .readable, writing, writing < 0 ? [] : .writable, milliseconds: Int32(clamping: left))
      if ready.second, writing >= 0 {
        let count = document[sent...].withUnsafeBytes { Glibc.write(writing, $0.baseAddress, $0.count) }
        if count > 0 { sent += count }
        // A program that does not read all of it may answer all the same.
        if sent == document.count || (count < 0 && errno != EAGAIN && errno != EINTR) { input = nil }
      }
      guard ready.first else { continue }
      let count = Glibc.read(output.number, &piece, piece.count)
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
