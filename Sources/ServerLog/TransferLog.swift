// The transfer log in wu-ftpd's format, one line for each file moved, that existing analysers read.

import FTPServer
import LinuxSystem
import Logging
import SafeText

/// Writes `log.xferlog`.
public final class TransferLog: SessionEventReader {
  private let file: FileOutput
  private let sink: LogSink

  /// Opens `path` for appending, and makes it if there is none.
  ///
  /// - Parameter owner: the user whose rights open the file: the one the process is going to be; nil: the process's own.
  public init(path: String, as owner: FileCredentials? = nil) throws(SystemError) {
    file = try FileOutput(path: path, as: owner)
    // The format has no line that could report lost ones, so they are only counted.
    sink = LogSink(output: file) { _ in [] }
  }

  /// Why ``init(path:as:)`` would fail; nil when it would not. Makes no file.
  public static func fault(_ path: String, as owner: FileCredentials? = nil) -> SystemError? {
    FileOutput.fault(path, as: owner)
  }

  /// The path of the file.
  public var path: String { file.path }

  /// Lines lost to a full disk so far.
  public var lost: Int { sink.lostInAll }

  /// Hands writing over to a thread of its own.
  public func startWriter() { sink.start() }

  /// Opens the path again, after logrotate(8) has moved the file away.
  public func reopen() throws(SystemError) { try file.reopen() }

  /// Writes what waits; false when the disk did not take it in time.
  @discardableResult
  public func flush(within timeout: Duration = .seconds(2)) -> Bool { sink.flush(within: timeout) }

  /// Transfers of files that have ended, well or not.
  public func wants(_ kind: SessionEvent.Kind, _ level: Logger.Level) -> Bool {
    if case .transferEnded(let outcome) = kind {
      outcome.direction == .download || outcome.direction == .upload
    } else {
      false
    }
  }

  /// Notes a transfer that has ended.
  public func read(_ event: SessionEvent) {
    if case .transferEnded(let outcome) = event.kind { sink.append(TransferLogLine.format(event.record, outcome)) }
  }
}

/// One line of wu-ftpd's xferlog. Source: xferlog(5) of wu-ftpd 2.6.
enum TransferLogLine {
  /// `current-time transfer-time remote-host file-size filename transfer-type special-action-flag direction access-mode
  /// username service-name authentication-method authenticated-user-id completion-status`, with its newline.
  static func format(
    _ record: EventRecord, _ transfer: TransferOutcome, now: String = WallClock.localText()
  ) -> [UInt8] {
    var line = SafeLine()
    line.bytes.reserveCapacity(192)
    line.append(trusted: now)
    let seconds = (record.duration ?? .zero).inNanoseconds / 1_000_000_000
    line.append(" ")
    line.append(UInt64(max(0, seconds)))
    line.append(trusted: " \(record.peer.address.client) ")
    line.append(record.bytes ?? 0)
    line.append(" ")
    line.bytes.append(contentsOf: word(record.path))
    line.append(transfer.isText ? " a " : " b ")
    line.append(transfer.isCompressed ? "C " : "_ ")
    line.append(transfer.direction == .upload ? "i " : "o ")
    line.append(transfer.isAnonymous ? "a " : "r ")
    line.bytes.append(contentsOf: word(record.user))
    line.append(" ftp 0 * ")
    line.append(transfer.isComplete ? "c\n" : "i\n")
    return line.bytes
  }

  /// Blanks separate fields, so a blank or control within one becomes `_`, as in wu-ftpd. Unicode's blanks, line separators and controls
  /// do, too: analysers that read text instead of bytes split there. Other bytes stay.
  private static func word(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.isEmpty { return [0x3F] }
    var word: [UInt8] = []
    word.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { text in
      var index = 0
      while index < text.count {
        let (length, scalar) = text[index] < 0x80 ? (1, UInt32(text[index])) : decodeUTF8(text, at: index)
        if let scalar, isDivider(scalar) { word.append(0x5F) } else { word += text[index..<(index + length)] }
        index += length
      }
    }
    return word
  }

  /// Blanks (Unicode's White_Space) and controls.
  private static func isDivider(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0...0x20, 0x7F...0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }
}
