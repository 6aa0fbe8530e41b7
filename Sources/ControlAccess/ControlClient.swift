// The other end of a control socket: asks, and waits for the answer.

import ControlProtocol
import Glibc
import LinuxSystem

/// Why an operator did not get an answer.
public enum ControlClientError: Error, Sendable, CustomStringConvertible {
  /// Nobody listens there, or may be reached by this user.
  case noServer(path: String, SystemError)
  /// The server refused, in its words.
  case refused(ControlRefusal, String)
  /// The connection ended.
  case ended
  /// No answer came in time.
  case silent
  /// What came is no answer of this version.
  case malformed

  public var description: String {
    switch self {
    case .noServer(let path, let error):
      switch error.code {
      case ENOENT:
        "there is no control socket at \(path): is weftpd running, and is server.control set in its settings?"
      case ECONNREFUSED: "nobody listens at \(path): weftpd is not running"
      case EACCES: "no permission to use \(path): root and the server's group may"
      default: "\(path): \(error.reason)"
      }
    case .refused(_, let text): text
    case .ended: "the server has ended the connection"
    case .silent: "the server does not answer"
    case .malformed: "what the server answers is not understood: is it of another version?"
    }
  }
}

/// A connection to a control socket. One thread uses it.
public struct ControlClient: ~Copyable {
  private let socket: Descriptor
  private var lastID: UInt32 = 0

  /// Where the packages put the socket.
  public static let standardPath = "/run/weftpd/server/control"

  /// Connects to the server at `path`.
  public init(path: String) throws(ControlClientError) {
    do throws(SystemError) {
      socket = try LocalSocket.connect(.packets, to: path)
    } catch {
      throw .noServer(path: path, error)
    }
  }

  /// What to poll for further packets of a subscription.
  public var number: Int32 { socket.number }

  /// Sends a request; its answers carry the number that is returned.
  @discardableResult
  public mutating func send(_ request: ControlRequest) throws(ControlClientError) -> UInt32 {
    lastID &+= 1
    let packet = request.encoded(id: lastID)
    let deadline = MonotonicTime.now.advanced(by: 10_000_000_000)
    do {
      while try packet.withUnsafeBytes({ try Socket.send(socket.number, $0) }) == .wouldBlock {
        guard wait(.writable, until: deadline) else { throw ControlClientError.silent }
      }
    } catch let error as ControlClientError {
      throw error
    } catch {
      // What the server said before it hung up tells more.
      if let (_, reply) = try? next(within: .milliseconds(100)), case .refused(let why, let text) = reply {
        throw .refused(why, text)
      }
      throw .ended
    }
    return lastID
  }

  private func wait(_ readiness: Readiness, until deadline: MonotonicTime) -> Bool {
    let left = deadline == .never ? -1 : max(0, deadline.since(.now)) / 1_000_000
    return Poll.wait(socket.number, readiness, milliseconds: Int32(clamping: left))
  }

  /// The next packet, whichever request it answers; nil when none has come in time.
  ///
  /// - Parameter limit: nil waits as long as it takes.
  public func next(within limit: Duration?) throws(ControlClientError) -> (id: UInt32, reply: ControlReply)? {
    let deadline = limit.map { MonotonicTime.now.advanced(by: $0.inNanoseconds) } ?? .never
    var buffer = [UInt8](repeating: 0, count: ControlLimits.reply + 1)
    // A server that hangs up without having read all makes the next call fail once; what it has said can be read after that.
    var wasReset = false
    do {
      while true {
        guard wait(.readable, until: deadline) else {
          // A signal ends a wait without a limit, too.
          if limit == nil { continue }
          return nil
        }
        let progress: Progress
        do {
          progress = try buffer.withUnsafeMutableBytes { try LocalSocket.receivePacket(socket.number, into: $0) }
        } catch let error as SystemError where error.code == ECONNRESET && !wasReset {
          wasReset = true
          continue
        }
        guard case .moved(let count) = progress else { continue }
        if count == 0 { throw ControlClientError.ended }
        return try buffer.withUnsafeBytes { try ControlReply.read(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      }
    } catch let error as ControlClientError {
      throw error
    } catch is MalformedPacket {
      throw .malformed
    } catch {
      throw .ended
    }
  }

  /// Asks, and waits for all that answers: a list ends with ``ControlReply/done(_:)``.
  ///
  /// - Throws: ``ControlClientError/refused(_:_:)`` when the server refuses.
  public mutating func ask(
    _ request: ControlRequest, within limit: Duration = .seconds(10)
  ) throws(ControlClientError) -> [ControlReply] {
    let id = try send(request)
    var replies: [ControlReply] = []
    while true {
      guard let (answered, reply) = try next(within: limit) else { throw .silent }
      if case .refused(let why, let text) = reply, answered == id || answered == 0 { throw .refused(why, text) }
      guard answered == id else { continue }
      replies.append(reply)
      switch reply {
      case .sessions, .bans, .text: continue
      default: return replies
      }
    }
  }

  /// All sessions of the server.
  public mutating func sessions(refreshingPaths: Bool) throws(ControlClientError) -> [SessionEntry] {
    try ask(.sessions(refreshingPaths: refreshingPaths)).flatMap { reply -> [SessionEntry] in
      if case .sessions(let sessions) = reply { return sessions }
      return []
    }
  }

  /// How the server is.
  public mutating func status() throws(ControlClientError) -> StatusEntry {
    guard case .status(let status)? = try ask(.status).first else { throw .malformed }
    return status
  }
}
