// Takes Telnet's commands out of the control connection's bytes, one byte at a time, and refuses every option.

/// The Telnet layer of the control connection (RFC 854, as RFC 959 §4.1.3 and RFC 1123 §4.1.2.10 use it).
///
/// `IAC IAC` is a data byte 0xFF. `WILL` is answered with `DONT` and `DO` with `WONT`. Everything else (`IP`, `DM`, `AYT`,
/// `NOP`, subnegotiations…) is swallowed: the `IP`, `DM` of a client's Synch needs no more, in band or out of it.
struct TelnetDecoder: Sendable {
  /// What one byte amounted to.
  enum Output {
    /// The byte belonged to a Telnet command.
    case nothing
    /// A byte of the line.
    case data(UInt8)
    /// `IAC` was followed by a byte that is no Telnet command. Which of the two is data depends on the line before it.
    case strayEscape(UInt8)
    /// `IAC verb option` is to be sent back.
    case answer(verb: UInt8, option: UInt8)
    /// A subnegotiation did not end within its limit and has been abandoned.
    case subnegotiationTooLong
  }

  private enum State: Equatable {
    case data, escape, ignoredOption, subnegotiation, subnegotiationEscape
    case option(answer: UInt8)
  }

  private static let subnegotiationEnd: UInt8 = 240
  private static let subnegotiationBegin: UInt8 = 250
  private static let will: UInt8 = 251
  private static let wont: UInt8 = 252
  private static let `do`: UInt8 = 253
  private static let dont: UInt8 = 254
  static let escape: UInt8 = 255

  private var state = State.data
  private var subnegotiationLength = 0
  private let subnegotiationLimit: Int

  init(subnegotiationLimit: Int) { self.subnegotiationLimit = subnegotiationLimit }

  /// Whether the next byte begins afresh, with no Telnet command half read.
  var isIdle: Bool { state == .data }

  mutating func take(_ byte: UInt8) -> Output {
    switch state {
    case .data:
      guard byte == Self.escape else { return .data(byte) }
      state = .escape
      return .nothing
    case .escape:
      return takeCommand(byte)
    case .option(let answer):
      state = .data
      return .answer(verb: answer, option: byte)
    case .ignoredOption:
      state = .data
      return .nothing
    case .subnegotiation, .subnegotiationEscape:
      return takeSubnegotiation(byte)
    }
  }

  private mutating func takeCommand(_ byte: UInt8) -> Output {
    state = .data
    switch byte {
    case Self.escape: return .data(byte)
    case Self.will: state = .option(answer: Self.dont)
    case Self.do: state = .option(answer: Self.wont)
    case Self.wont, Self.dont: state = .ignoredOption
    case Self.subnegotiationBegin:
      state = .subnegotiation
      subnegotiationLength = 0
    case ..<Self.subnegotiationEnd: return .strayEscape(byte)
    default: break
    }
    return .nothing
  }

  /// Swallows up to `IAC SE`. One that never ends must not make the session deaf for ever, hence the limit.
  private mutating func takeSubnegotiation(_ byte: UInt8) -> Output {
    if state == .subnegotiationEscape {
      state = byte == Self.subnegotiationEnd ? .data : .subnegotiation
    } else if byte == Self.escape {
      state = .subnegotiationEscape
    }
    subnegotiationLength &+= 1
    guard state != .data, subnegotiationLength > subnegotiationLimit else { return .nothing }
    state = .data
    return .subnegotiationTooLong
  }
}
