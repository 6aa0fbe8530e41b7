// Takes one record after the other out of the queue to one destination, and tries again what fails.

import Dispatch
import LinuxSystem
import Synchronization

/// Delivers in order: while a record is tried again, those behind it wait.
final class Deliverer: Sendable {
  let destination: any Destination
  private let spool: Spool
  /// Milliseconds.
  private let retryFor: Int64
  private let bell = DispatchSemaphore(value: 0)
  /// When to stop; `.never` while weftpd runs.
  private let deadline = Mutex(MonotonicTime.never)

  /// The first pause before another try, and the longest, in milliseconds.
  static let pauses: (first: Int64, longest: Int64) = (500, 300_000)

  init(_ destination: any Destination, _ spool: Spool, retryFor: Int64) {
    self.destination = destination
    self.spool = spool
    self.retryFor = retryFor
  }

  /// There may be something new.
  func wake() { bell.signal() }

  /// Has the thread deliver what goes until then, and end.
  func end(at time: MonotonicTime) {
    deadline.withLock { $0 = time }
    bell.signal()
  }

  private var isEnding: Bool { deadline.withLock { $0 } < .never }
  private var isOver: Bool { deadline.withLock { $0 } <= .now }

  /// Delivers until it is told to end.
  func run() {
    while !isOver {
      let record: [UInt8]?
      do throws(SystemError) {
        record = try spool.next(destination.name)
      } catch {
        complain("the queue cannot be read: \(error)")
        _ = bell.wait(timeout: .now() + 1)
        continue
      }
      guard let record else {
        // weftpd is gone, and nothing is left.
        if isEnding { return }
        _ = bell.wait(timeout: .now() + 60)
        continue
      }
      guard deliver(record) else { return }
      spool.advance(destination.name, by: record.count)
    }
  }

  /// Tries until the record is delivered or given up; false when it is time to end.
  private func deliver(_ record: [UInt8]) -> Bool {
    // What a crash has cut short or a disk has spoilt is no record.
    guard let id = Self.id(of: record) else {
      complain("skipped \(record.count) bytes of the queue that are no record")
      return true
    }
    let started = MonotonicTime.now
    var pause = Self.pauses.first
    var lastWords: String?
    while true {
      let why: String
      switch destination.deliver(record, id: id) {
      case .delivered:
        if lastWords != nil { complain("\(destination.name): delivered \(id) after all") }
        return true
      case .refused(let reason):
        complain("\(destination.name): gave up \(id): \(reason)")
        return true
      case .failed(let reason): why = reason
      }
      if MonotonicTime.now.since(started) / 1_000_000 >= retryFor {
        complain("\(destination.name): gave up \(id): \(why)")
        return true
      }
      if why != lastWords {
        complain("\(destination.name): \(id) is tried again: \(why)")
        lastWords = why
      }
      if !sleep(pause) { return false }
      pause = min(pause * 2, Self.pauses.longest)
    }
  }

  /// Waits so many milliseconds; false if it is time to end: what fails at the end of weftpd waits for its next start.
  private func sleep(_ milliseconds: Int64) -> Bool {
    let end = MonotonicTime.now.advanced(by: milliseconds * 1_000_000)
    while !isEnding {
      let left = end.since(.now)
      if left <= 0 { return true }
      _ = bell.wait(timeout: .now() + .nanoseconds(Int(left)))
    }
    return false
  }

  /// The id a record begins with: `{"id":"…"`.
  static func id(of record: [UInt8]) -> String? {
    let start = Array("{\"id\":\"".utf8)
    guard record.starts(with: start), record.last == 0x0A, record.dropLast().last == UInt8(ascii: "}") else {
      return nil
    }
    let id = record.dropFirst(start.count).prefix { $0 != 0x22 }
    guard id.count == 36, id.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D })
    else {
      return nil
    }
    return String(decoding: id, as: UTF8.self)
  }
}
