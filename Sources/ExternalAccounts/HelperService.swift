// The helper: a process beside weftpd that may start programs and make connections, and answers each question in a process of its own.

import AuthenticationProtocol
import Glibc
import HTTPClient
import LinuxSystem
import TransportSecurity

/// Answers questions until the channel closes.
public struct HelperService {
  /// Whom the helper asks.
  public enum Target: Sendable {
    case program(String)
    case web(HTTPCall)
  }

  private struct Running {
    let id: UInt32
    let deadline: MonotonicTime
  }

  private let channel: Int32
  private let target: Target
  private let patience: Duration
  private let concurrency: Int
  private var running: [Int32: Running] = [:]

  /// - Parameters:
  ///   - channel: the socket to weftpd.
  ///   - patience: how long a question may take.
  ///   - concurrency: questions at a time that weftpd sends; many more are answered that nobody can tell.
  public init(channel: Int32, target: Target, patience: Duration, concurrency: Int) {
    self.channel = channel
    self.target = target
    self.patience = patience
    self.concurrency = concurrency
  }

  /// Returns when weftpd has ended. Whatever still runs then is killed.
  public mutating func run() {
    // Passwords pass through: none of them is to be found in a core file.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    signal(SIGPIPE, SIG_IGN)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: HelperMessage.limit, alignment: 16)
    defer {
      for process in running.keys { kill(process, SIGKILL) }
      Secret.wipe(buffer)
      buffer.deallocate()
    }
    while true {
      reap()
      endOverdue()
      // Children are not waited for by signal: their answers go out without this loop, and a moment's delay harms nobody.
      guard Poll.wait(channel, .readable, milliseconds: running.isEmpty ? -1 : 100) else { continue }
      switch try? PacketSocket.receive(channel, into: buffer) {
      case .nothing: continue
      case .packet(let count):
        guard case .question(let id, let document)? = HelperMessage(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        else { return }
        begin(id, document)
      case .ended, .tooLong, nil: return
      }
    }
  }

  private mutating func begin(_ id: UInt32, _ document: [UInt8]) {
    // weftpd keeps the bound; a process that has answered may take a moment to end.
    if running.count >= 2 * concurrency + 8 { return fail(id, "the helper has too many questions") }
    let (channel, target, patience) = (channel, target, patience)
    do throws(SystemError) {
      let process = try ChildProcesses.copy {
        let message: HelperMessage
        do throws(CallError) {
          message = .answer(id: id, try Self.ask(target, document, patience))
        } catch {
          message = .failure(id: id, Array(error.reason.utf8.prefix(1000)))
        }
        let isSent = try? PacketSocket.send(channel, message.packet)
        return isSent == true ? 0 : 1
      }
      running[process] = Running(
        id: id, deadline: MonotonicTime.now.advanced(by: (patience + .seconds(2)).inNanoseconds))
    } catch {
      fail(id, "the helper cannot make a process: \(error.reason)")
    }
  }

  private static func ask(_ target: Target, _ document: [UInt8], _ patience: Duration) throws(CallError) -> [UInt8] {
    switch target {
    case .program(let path): return try ProgramCall(path: path).ask(document, patience: patience)
    case .web(let call):
      let response: HTTPResponse
      do throws(HTTPError) {
        response = try call.post(document, type: "application/json", patience: patience)
      } catch {
        throw CallError("\(call.url): \(error)")
      }
      // To deny a login the service has to answer so: a 403 may as well be the proxy's in front of it.
      guard response.status == 200 else { throw CallError("\(call.url) answered with status \(response.status)") }
      return response.body
    }
  }

  private func fail(_ id: UInt32, _ reason: String) {
    _ = try? PacketSocket.send(channel, HelperMessage.failure(id: id, Array(reason.utf8)).packet)
  }

  /// Answers for questions whose process ended without an answer of its own.
  private mutating func reap() {
    while let ending = ChildProcesses.reap() {
      guard let question = running.removeValue(forKey: ending.process), !ending.isOrderly else { continue }
      fail(question.id, "the helper's process for this question has ended")
    }
  }

  private func endOverdue() {
    let now = MonotonicTime.now
    for (process, question) in running where question.deadline <= now { kill(process, SIGKILL) }
  }
}
