// The console's side of weftpd's control socket: requests from tasks, answered by one that may block.

import ControlAccess
import ControlProtocol
import Dispatch
import HTTPTypes
import Hummingbird

/// Asks weftpd. Reads share one connection that is kept; each act has one of its own, so that it is never sent twice.
final class ServerBridge: Sendable {
  /// Used on ``queue`` only.
  private final class Kept: @unchecked Sendable {
    var client: ControlClient?
  }

  let path: String
  private let queue = DispatchQueue(label: "weftpd-console.control")
  /// For what may take its time, so that the pages that look once a second need not wait.
  private let slow = DispatchQueue(label: "weftpd-console.control.slow", attributes: .concurrent)
  private let kept = Kept()

  init(path: String) { self.path = path }

  /// What answers a question that changes nothing.
  func read(_ request: ControlRequest) async throws(Problem) -> [ControlReply] {
    let kept = kept
    return try await run(on: queue) { (path) throws(ControlClientError) in
      // A connection that was kept may have ended with the server: then a new one is tried.
      if kept.client != nil {
        do throws(ControlClientError) { return try kept.client!.ask(request) } catch {
          kept.client = nil
          if case .refused = error { throw error }
        }
      }
      kept.client = try ControlClient(path: path)
      do throws(ControlClientError) { return try kept.client!.ask(request) } catch {
        kept.client = nil
        throw error
      }
    }
  }

  /// Has weftpd do something, once.
  ///
  /// - Returns: how many it was about; nil where the answer does not tell.
  @discardableResult
  func act(_ request: ControlRequest) async throws(Problem) -> UInt32? {
    if case .done(let count)? = try await ask(request).last { return count }
    return nil
  }

  /// What answers a request that may take its time, on a connection of its own.
  func ask(_ request: ControlRequest) async throws(Problem) -> [ControlReply] {
    try await run(on: slow) { (path) throws(ControlClientError) in
      var client = try ControlClient(path: path)
      return try client.ask(request, within: .seconds(150))
    }
  }

  func status() async throws(Problem) -> StatusEntry {
    guard case .status(let status)? = try await read(.status).first else {
      throw Problem(.badGateway, "weftpd's answer is not understood.")
    }
    return status
  }

  private func run(
    on queue: DispatchQueue,
    _ body: @escaping @Sendable (String) throws(ControlClientError) -> [ControlReply]
  ) async throws(Problem) -> [ControlReply] {
    let path = path
    let result: Result<[ControlReply], ControlClientError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(ControlClientError) { continuation.resume(returning: .success(try body(path))) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    do { return try result.get() } catch {
      switch error {
      case .refused(.notFound, let text): throw Problem(.notFound, text)
      case .refused(.invalid, let text): throw Problem(.badRequest, text)
      case .refused(.notAllowed, let text): throw Problem(.forbidden, text)
      case .refused(_, let text): throw Problem(.conflict, text)
      default: throw Problem(.badGateway, "\(error)")
      }
    }
  }
}

/// Takes what weftpd tells a watcher, on a thread of its own, until nobody wants it any more.
enum Watcher {
  /// Replies of a subscription; the stream ends when the server's connection does.
  ///
  /// - Parameter kept: so many of the newest wait for a slow reader; older ones are dropped.
  static func replies(_ subscription: Subscription, at path: String, keeping kept: Int) -> AsyncStream<ControlReply> {
    let (stream, continuation) = AsyncStream<ControlReply>.makeStream(bufferingPolicy: .bufferingNewest(kept))
    let isWanted = Flag()
    continuation.onTermination = { _ in isWanted.clear() }
    let thread = Thread {
      defer { continuation.finish() }
      do throws(ControlClientError) {
        var client = try ControlClient(path: path)
        try client.send(.subscribe(subscription))
        while isWanted.isSet {
          guard let (_, reply) = try client.next(within: .seconds(1)) else { continue }
          if case .done = reply { continue }
          continuation.yield(reply)
        }
      } catch {
        continuation.yield(.refused(.unavailable, "\(error)"))
      }
    }
    thread.start()
    return stream
  }
}
