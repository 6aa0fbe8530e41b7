// Ends a transfer before its time and takes every reply that is still to come, however many a server sends.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension ClientSession {
  /// So long another reply to ABOR is waited for: most servers send two, some one.
  static let secondReply: Int64 = 500_000_000

  /// Closes the data connection, and has the control connection at rest again: no reply outstanding.
  ///
  /// - Returns: the error that says most of what happened.
  func settle(_ data: DataConnection?, _ error: ClientError, _ what: String) async -> ClientError {
    let error = isCancelled ? ClientError(.cancelled, "\(what) was cancelled", cause: error) : error
    data?.reset()
    guard isTransferring, failure == nil else { return failure.map { error.code == .cancelled ? error : $0 } ?? error }
    isShielded = true
    defer {
      isShielded = false
      isTransferring = false
    }
    do throws(ClientError) {
      if let reply = earlyReply { return better(error, reply, what) }
      // A server that broke the connection itself is about to say why.
      if error.code == .dataConnection || error.code == .incomplete {
        let deadline = MonotonicTime.now.advanced(by: options.timeouts.abort.inNanoseconds / 2)
        while let reply = try await reply(until: deadline) {
          if reply.kind != .preliminary { return better(error, reply, what) }
          // The transfer began long ago. Pure-FTPd says how fast it was, by 150, and nothing else.
          if reply.code == 150 || reply.code == 125 {
            try await passOver(until: deadline)
            return error
          }
        }
      }
      try await abort()
      return error
    } catch let lost {
      fail(lost)
      // What broke the transfer says more than that the server would not hear of its end.
      return [.cancelled, .protocolViolation].contains(error.code) ? error : lost
    }
  }

  /// The server's words are the better reason, unless it was this end that gave up.
  private func better(_ error: ClientError, _ reply: ReceivedReply, _ what: String) -> ClientError {
    switch error.code {
    case .dataConnection, .incomplete, .tls, .stalled:
      guard reply.kind != .completion else { return error }
      return ClientError(
        error.code == .tls ? .tls : ClientError.refusal(reply, of: what).code, error.message, reply: reply, cause: error
      )
    default: return error
    }
  }

  /// Says ABOR and takes the replies: that to the transfer command and that to ABOR, which some servers send as one.
  private func abort() async throws(ClientError) {
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.abort.inNanoseconds)
    trace(.sent("ABOR"))
    runtime.countCommand()
    control.queue(Array("ABOR\r\n".utf8))
    try control.flush()
    guard try await final(until: deadline) != nil else {
      throw ClientError(.timedOut, "the server does not answer ABOR")
    }
    if try await final(until: .now.advanced(by: Self.secondReply)) != nil { return }
    try await passOver(until: deadline)
  }

  /// Takes what is still said of the transfer, if anything: NOOP has an answer of its own, behind which there is nothing.
  private func passOver(until deadline: MonotonicTime) async throws(ClientError) {
    trace(.sent("NOOP"))
    runtime.countCommand()
    control.queue(Array("NOOP\r\n".utf8))
    try control.flush()
    while let reply = try await final(until: deadline) {
      if ![225, 226, 425, 426, 451].contains(reply.code) { return }
    }
    throw ClientError(.timedOut, "the server does not answer behind a transfer that was broken off")
  }

  private func final(until deadline: MonotonicTime) async throws(ClientError) -> ReceivedReply? {
    while let reply = try await reply(until: deadline) {
      if reply.kind != .preliminary { return reply }
    }
    return nil
  }
}
