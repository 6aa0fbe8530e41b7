// Hands log entries to a syslog server, a datagram each.

import Glibc
import LinuxSystem

/// A syslog server as the far side of a ``LogSink``. An entry waits in the sink as in ``JournalOutput``: its length, and the datagram.
public final class SyslogOutput: LogOutput {
  private let way: any DatagramWay

  /// Nil when no socket can be made. That nobody listens there yet does not matter: what is lost is counted.
  public init?(_ address: SyslogAddress) {
    do throws(SystemError) {
      switch address {
      case .local(let path):
        guard let name = LocalAddress(path) else { return nil }
        way = LocalWay(try LocalDatagrams(timeout: 250), to: name)
      case .udp(let target): way = RemoteWay(try Socket.datagram(to: target))
      }
    } catch {
      return nil
    }
  }

  public func write(_ bytes: UnsafeRawBufferPointer, until deadline: MonotonicTime?) -> (rest: Int, failed: Bool) {
    var rest = bytes
    while let length = JournalOutput.length(rest) {
      let datagram = UnsafeRawBufferPointer(rebasing: rest[4..<(4 + length)])
      do throws(SystemError) {
        try way.send(datagram)
      } catch {
        // Wait for a slow server, but not for one that is gone.
        guard error.code == EAGAIN else { return (rest.count, true) }
        if let deadline, MonotonicTime.now >= deadline { return (rest.count, false) }
        continue
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[(4 + length)...])
    }
    return (rest.count, !rest.isEmpty)
  }

  public func count(_ bytes: ArraySlice<UInt8>) -> Int { JournalOutput.countFrames(bytes) }

  /// A datagram goes whole or not at all.
  public func mend(after last: UInt8) -> [UInt8] { [] }
}

/// How datagrams go.
private protocol DatagramWay: Sendable {
  func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError)
}

private final class LocalWay: DatagramWay {
  private let socket: LocalDatagrams
  private let address: LocalAddress

  init(_ socket: consuming LocalDatagrams, to address: LocalAddress) {
    self.socket = socket
    self.address = address
  }

  func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) { try socket.send(datagram, to: address) }
}

private final class RemoteWay: DatagramWay {
  private let socket: Descriptor

  init(_ socket: consuming Descriptor) { self.socket = socket }

  func send(_ datagram: UnsafeRawBufferPointer) throws(SystemError) {
    // A longer message may be cut (RFC 5424, 6.1).
    let cut = UnsafeRawBufferPointer(rebasing: datagram.prefix(8192))
    guard case .moved = try Socket.send(socket.number, cut) else { throw SystemError(code: EAGAIN, call: "send") }
  }
}
