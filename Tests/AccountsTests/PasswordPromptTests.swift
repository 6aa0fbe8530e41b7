// PasswordPrompt: one line of a pipe; two equal answers on a terminal that shows neither.

import Dispatch
import Glibc
import Testing
import UnitSupport

@testable import Accounts

@Suite struct PasswordPromptTests {
  /// Reads from a pipe that holds `text` and is at its end.
  private func readPipe(_ text: String) throws -> [UInt8] {
    let pipe = try Pipe()
    pipe.write(bytes(text))
    pipe.closeWriting()
    return try PasswordPrompt(input: pipe.readNumber, output: -1).read(user: bytes("a"))
  }

  @Test(arguments: [("pass\nmore", "pass"), ("pass\r\n", "pass"), ("pass", "pass"), (" p ä \n", " p ä "), ("\n", "")])
  func lines(input: String, password: String) throws { #expect(try readPipe(input) == bytes(password)) }

  @Test func noLine() {
    #expect(throws: PasswordPrompt.Failure.missing) { try readPipe("") }
    #expect(throws: PasswordPrompt.Failure.tooLong) { try readPipe(String(repeating: "a", count: 600)) }
  }

  /// A pseudo-terminal: what a keyboard types goes into `keyboard`, what the screen shows comes out of it.
  private final class Terminal: Sendable {
    let keyboard: Int32
    let device: Int32

    init() throws {
      // What posix_openpt(3) and unlockpt(3), which Swift does not import, do (ioctl_tty(2)).
      let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
      let getNumber: UInt = 0x8004_5430  // TIOCGPTN
      var locked: Int32 = 0
      var number: UInt32 = 0
      keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      guard ioctl(keyboard, unlock, &locked) == 0, ioctl(keyboard, getNumber, &number) == 0 else {
        throw PasswordPrompt.Failure.system(errno)
      }
      device = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    }

    deinit {
      close(device)
      close(keyboard)
    }

    /// Reads what the screen shows until it ends with `text`.
    func expect(_ text: String) -> String {
      var shown: [UInt8] = []
      var byte: UInt8 = 0
      while !shown.reversed().starts(with: text.utf8.reversed()), read(keyboard, &byte, 1) == 1 { shown.append(byte) }
      return String(decoding: shown, as: UTF8.self)
    }

    func type(_ text: String) { _ = bytes(text).withUnsafeBytes { write(keyboard, $0.baseAddress, $0.count) } }

    var echoes: Bool {
      var state = termios()
      return tcgetattr(device, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }
  }

  /// Types two answers and returns the password and all that the screen showed.
  private func converse(_ first: String, _ second: String?) async throws -> (Result<[UInt8], any Error>, String) {
    let terminal = try Terminal()
    #expect(terminal.echoes)
    let device = terminal.device
    // On a thread of its own: the prompt and the test block for each other, and tasks share few threads.
    let (answers, answer) = AsyncStream.makeStream(of: Result<[UInt8], any Error>.self)
    DispatchQueue(label: "prompt").async {
      answer.yield(Result { try PasswordPrompt(input: device, output: device).read(user: bytes("bob")) })
    }
    var shown = terminal.expect("New password for bob: ")
    #expect(!terminal.echoes)
    terminal.type(first)
    if let second {
      shown += terminal.expect("again: ")
      terminal.type(second)
    }
    var iterator = answers.makeAsyncIterator()
    let result = try #require(await iterator.next())
    #expect(terminal.echoes)  // given back as it was
    return (result, shown)
  }

  @Test func aTerminalShowsNothing() async throws {
    let (result, shown) = try await converse("geheim\r", "geheim\r")
    #expect(try result.get() == bytes("geheim"))
    #expect(!shown.contains("geheim"))
  }

  @Test func correctionKeys() async throws {
    let (result, _) = try await converse("oops\u{15}aä\u{7F}b\r", "ab\r")
    #expect(try result.get() == bytes("ab"))
  }

  @Test func differentAnswers() async throws {
    let (result, _) = try await converse("one\r", "two\r")
    #expect(throws: PasswordPrompt.Failure.different) { try result.get() }
  }

  @Test(arguments: [("x\u{3}", PasswordPrompt.Failure.interrupted), ("\u{4}", .missing)])
  func givenUp(keys: String, failure: PasswordPrompt.Failure) async throws {
    let (result, _) = try await converse(keys, nil)
    #expect(throws: failure) { try result.get() }
  }
}
