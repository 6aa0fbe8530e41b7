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
      case .sessions, .bans, .text, .accountPlace, .accounts, .accountFields: continue
      default: return replies
      }
    }
  }

  /// How the server was started.
  public mutating func origin() throws(ControlClientError) -> OriginEntry {
    guard case .origin(let origin)? = try ask(.origin).first else { throw .malformed }
    return origin
  }

  /// What a successor of the server is to have. Nothing changes there until ``succeed(as:control:hooks:)``.
  ///
  /// - Parameter passed: the descriptors that ``InheritanceEntry`` lists.
  public mutating func takeOver(_ passed: inout PassedDescriptors) throws(ControlClientError) -> InheritanceEntry {
    let id = try send(.takeOver)
    var buffer = [UInt8](repeating: 0, count: ControlLimits.reply + 1)
    do {
      while wait(.readable, until: MonotonicTime.now.advanced(by: 30_000_000_000)) {
        let progress = try buffer.withUnsafeMutableBytes {
          try LocalSocket.receivePacket(socket.number, into: $0, limit: LocalSocket.passedLimit, &passed)
        }
        guard case .moved(let count) = progress else { continue }
        if count == 0 { throw ControlClientError.ended }
        let (answered, reply) = try buffer.withUnsafeBytes {
          try ControlReply.read(UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
        if case .refused(let why, let text) = reply, answered == id || answered == 0 {
          throw ControlClientError.refused(why, text)
        }
        guard case .inheritance(let entry) = reply else { continue }
        return entry
      }
      throw ControlClientError.silent
    } catch let error as ControlClientError {
      throw error
    } catch is MalformedPacket {
      throw .malformed
    } catch {
      throw .ended
    }
  }

  /// Takes the server's place: it accepts nobody from now on.
  ///
  /// - Parameters:
  ///   - control: a listener, where operators reach it from now on; nil: it keeps its control socket.
  ///   - hooks: the pipe its events go to from now on.
  /// - Returns: the number the first session may have, and how many sessions go on there.
  public mutating func succeed(
    as process: UInt32, control: Int32?, hooks: Int32?
  ) throws(ControlClientError) -> (firstSession: UInt64, sessions: UInt32) {
    var gifts: SuccessionGifts = []
    var numbers: [Int32] = []
    if let control {
      gifts.insert(.control)
      numbers.append(control)
    }
    if let hooks {
      gifts.insert(.hooks)
      numbers.append(hooks)
    }
    lastID &+= 1
    let id = lastID
    do throws(SystemError) {
      let packet = ControlRequest.succeed(process: process, passes: gifts).encoded(id: id)
      guard case .moved = try LocalSocket.send(socket.number, packet, passing: numbers) else {
        throw SystemError(code: EAGAIN, call: "sendmsg")
      }
    } catch {
      throw .ended
    }
    while let (answered, reply) = try next(within: .seconds(30)) {
      if case .refused(let why, let text) = reply, answered == id || answered == 0 { throw .refused(why, text) }
      if answered == id, case .succeeded(let first, let sessions) = reply { return (first, sessions) }
    }
    throw .silent
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
