// Where records are delivered: a program, or a URL.

import CCurl
import Glibc
import LinuxSystem
import WeftVersion

/// What became of a delivery.
enum Delivery: Equatable {
  case delivered
  /// It may go better later; why.
  case failed(String)
  /// It would fail again; why.
  case refused(String)
}

/// Takes records, one at a time, on one thread.
protocol Destination: AnyObject, Sendable {
  /// The name of its position in the queue.
  var name: String { get }

  /// Delivers one record, its newline included.
  ///
  /// - Parameter id: the record's own, by which the receiver knows one that comes twice.
  func deliver(_ record: [UInt8], id: String) -> Delivery
}

/// Runs a program for each record, with the record on its standard input.
///
/// Its environment is the same each time, and no shell sees anything. Exit code 0 is success, 65 (EX_DATAERR of sysexits(3)) that it will
/// never take this record; after everything else the record is tried again.
final class ProgramDestination: Destination {
  let name = "program"
  private let words: [String]
  private let timeout: Int64

  init(_ words: [String], timeout: Int64) {
    self.words = words
    self.timeout = timeout
  }

  func deliver(_ record: [UInt8], id: String) -> Delivery {
    let process: Int32
    do throws(SystemError) {
      let memory = try File.memory("record", record)
      process = try ChildProcesses.spawn(
        words[0], Array(words.dropFirst()), environment: Worker.environment, input: memory.number)
    } catch {
      return .failed("\(words[0]) cannot be started: \(error.reason)")
    }
    guard let code = ChildProcesses.wait(for: process, milliseconds: Int32(clamping: timeout)) else {
      // Its own session is its process group, too.
      kill(-process, SIGKILL)
      _ = ChildProcesses.wait(for: process, milliseconds: -1)
      return .failed("\(words[0]) took longer than \(timeout) ms")
    }
    switch code {
    case 0: return .delivered
    case 65: return .refused("\(words[0]) ended with 65")
    default: return .failed("\(words[0]) ended with \(code)")
    }
  }
}

/// Posts each record to a URL. A status of 200 to 299 is success; 400 to 499 means that the record will never be taken, but for 408, 425 and
/// 429; after everything else it is tried again.
final class URLDestination: Destination, @unchecked Sendable {
  // Sendable: `receiver` is used by the one thread that delivers.
  let name = "url"
  private let receiver: OpaquePointer

  /// nil if libcurl cannot.
  init?(_ url: String, authorities: String?, timeout: Int64) {
    guard let receiver = weft_receiver_make(url, authorities, "weftpd/\(weftVersion)", Int(timeout)) else { return nil }
    self.receiver = receiver
  }

  deinit { weft_receiver_free(receiver) }

  func deliver(_ record: [UInt8], id: String) -> Delivery {
    var words = [CChar](repeating: 0, count: 256)
    let body = record.dropLast()
    let status = body.withUnsafeBytes {
      weft_receiver_post(receiver, $0.baseAddress, $0.count, id, &words, words.count)
    }
    switch status {
    case 200...299: return .delivered
    case 408, 425, 429: return .failed("the answer was \(status)")
    case 400...499: return .refused("the answer was \(status)")
    case 0...: return .failed("the answer was \(status)")
    default:
      let end = words.firstIndex(of: 0) ?? words.count
      return .failed(String(decoding: words[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
  }
}
