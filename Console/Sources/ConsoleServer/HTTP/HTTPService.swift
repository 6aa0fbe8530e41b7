// Accepts connections from browsers and hands their requests to the site: bounded in number, and each head has its time.

import HTTPTypes
import Hummingbird
import HummingbirdCore
import LinuxSystem
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix

/// HTTP/1.1 on one listening socket.
struct HTTPService: Sendable {
  let listener: Listener
  let connections: Int
  let logger: Logger
  let respond: @Sendable (Request, LinuxSystem.SocketAddress?) async -> Response

  /// No head is larger than this; one field of it may fill it.
  static let headLimit = 16384
  /// Loops for browsers, however many processors there are: few people look at a server.
  static let threads = 2
  /// How long a head may take, and how long a connection without a request is kept.
  static let headTime = TimeAmount.seconds(30)

  /// Serves until the task is cancelled.
  func run(_ isRunning: @Sendable () async -> Void) async throws {
    let respond = respond
    let http = HTTP1Channel(
      responder: { request, writer, channel in
        let response = await BrowserConnection.$current.withValue(BrowserConnection(channel: channel)) {
          await respond(request, channel.remoteAddress.flatMap { Self.address($0) })
        }
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: .init(
        additionalChannelHandlers: [HeadClock(Self.headTime)], idleTimeout: .seconds(60),
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: Self.headLimit, maxHeaderListSize: Self.headLimit, maxHeaderFieldCount: 64)))
    let logger = logger
    let connections = connections
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: Self.threads))
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AvailableConnectionsChannelHandler(maxConnections: connections))
        }
      }
      .bind(listener.number) { channel in http.setup(channel: channel, logger: logger) }
    await isRunning()
    try await server.executeThenClose { inbound in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in inbound {
          group.addTask { await http.handle(value: connection, logger: logger) }
        }
      }
    }
  }

  private static func address(_ address: NIOCore.SocketAddress) -> LinuxSystem.SocketAddress? {
    guard let text = address.ipAddress, let host = IPAddress(text), let port = address.port else { return nil }
    return LinuxSystem.SocketAddress(host, port: UInt16(truncatingIfNeeded: port))
  }
}

/// Closes a connection whose next head has not come in time, however slowly its bytes drip.
final class HeadClock: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias InboundOut = NIOAny
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limit: TimeAmount
  private var timer: Scheduled<Void>?

  init(_ limit: TimeAmount) { self.limit = limit }

  private func start(_ context: ChannelHandlerContext) {
    timer?.cancel()
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
  }

  func handlerAdded(context: ChannelHandlerContext) { start(context) }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    timer?.cancel()
    timer = nil
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { start(context) }
    context.write(data, promise: promise)
  }
}
