// The loop of weftpd-authd: takes requests from its channels, has each decided in a process of its own, keeps the time.

import AuthenticationProtocol
import Glibc
import LinuxSystem

/// Serves channels until the last is closed.
struct Service: ~Copyable {
  private struct Running {
    let channel: Int32
    let id: UInt32
    let deadline: MonotonicTime
  }

  private let options: Options
  private let listener: Int32?
  private var channels: [Int32]
  private var running: [Int32: Running] = [:]
  private let buffer: UnsafeMutableRawBufferPointer
  /// More channels than this are not taken: one weftpd needs one.
  private static let channelLimit = 16

  /// - Parameters:
  ///   - listener: a socket that waits for weftpd to connect.
  ///   - channels: sockets that are connected.
  init(_ options: Options, listener: Int32?, channels: [Int32]) {
    self.options = options
    self.listener = listener
    self.channels = channels
    buffer = .allocate(byteCount: Message.limit, alignment: 16)
  }

  deinit {
    Secret.wipe(buffer)
    buffer.deallocate()
  }

  mutating func run() {
    while true {
      reap()
      endOverdue()
      if listener == nil, channels.isEmpty, running.isEmpty { return }
      var requests = ([listener].compactMap { $0 } + channels).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      // Children are not waited for by signal: their answers go out without this loop, and a moment's delay harms nobody.
      guard poll(&requests, UInt(requests.count), running.isEmpty ? -1 : 100) > 0 else { continue }
      for request in requests where request.revents != 0 {
        if request.fd == listener { accept(request.fd) } else { serve(request.fd) }
      }
    }
  }

  private mutating func accept(_ listener: Int32) {
    guard let channel = (try? PacketSocket.accept(listener)) ?? nil else { return }
    if channels.count >= Self.channelLimit {
      complain("too many connections")
      _ = Descriptor(owning: channel)
      return
    }
    channels.append(channel)
  }

  /// Takes one packet from a channel. Anything odd ends the channel: weftpd does not send such things.
  private mutating func serve(_ channel: Int32) {
    let received = try? PacketSocket.receive(channel, into: buffer)
    guard case .packet(let count)? = received else {
      if received == .nothing { return }
      if received == .tooLong { complain("a packet longer than any message: closing the connection") }
      return close(channel)
    }
    let packet = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    defer { Secret.wipe(packet) }
    guard case .request(let id, let request)? = try? Message(UnsafeRawBufferPointer(packet)),
      options.services.contains(request.service),
      !running.values.contains(where: { $0.channel == channel && $0.id == id })
    else {
      complain("a packet that is no request for \(options.services.joined(separator: " or ")): closing the connection")
      return close(channel)
    }
    begin(id, request, channel)
  }

  private mutating func begin(_ id: UInt32, _ request: LoginRequest, _ channel: Int32) {
    if running.count >= options.conversations { return answer(.tryLater(id: id), on: channel) }
    let minimum = options.minimumUser
    do throws(SystemError) {
      let process = try ChildProcesses.copy {
        let answer = Conversation.decide(id, request, minimumUser: minimum)
        guard let packet = try? answer.encoded() else { return 1 }
        return ((try? PacketSocket.send(channel, packet)) ?? false) ? 0 : 1
      }
      running[process] = Running(
        channel: channel, id: id, deadline: MonotonicTime.now.advanced(by: options.deadline * 1_000_000_000))
    } catch {
      complain("cannot make a process for a conversation: \(error)")
      answer(.tryLater(id: id), on: channel)
    }
  }

  private func answer(_ message: Message, on channel: Int32) {
    // A weftpd that does not take answers has ended; the channel will tell.
    if channels.contains(channel), let packet = try? message.encoded() { _ = try? PacketSocket.send(channel, packet) }
  }

  /// Answers for conversations that ended without an answer of their own.
  private mutating func reap() {
    while let ending = ChildProcesses.reap() {
      guard let conversation = running.removeValue(forKey: ending.process), !ending.isOrderly else { continue }
      answer(.tryLater(id: conversation.id), on: conversation.channel)
    }
  }

  private func endOverdue() {
    let now = MonotonicTime.now
    for (process, conversation) in running where conversation.deadline <= now {
      kill(process, SIGKILL)
    }
  }

  private mutating func close(_ channel: Int32) {
    channels.removeAll { $0 == channel }
    // Its number may come back for another channel: what still runs for this one has nobody to answer.
    for (process, conversation) in running where conversation.channel == channel {
      kill(process, SIGKILL)
      running[process] = Running(channel: -1, id: conversation.id, deadline: conversation.deadline)
    }
    _ = Descriptor(owning: channel)
  }
}
