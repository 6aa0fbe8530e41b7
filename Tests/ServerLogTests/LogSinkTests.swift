// Tests that lines come out in order and whole, that nobody waits for a slow reader, and that losses are told.

import Dispatch
import Glibc
import LinuxSystem
import TestSupport
import Testing
import UnitSupport

@testable import ServerLog

@Suite struct LogSinkTests {
  private let pipe: Pipe

  init() throws { pipe = try Pipe(isBlocking: true) }

  private func sink(limit: Int = 1 << 20, linger: Duration = .milliseconds(1)) -> LogSink {
    LogSink(output: DescriptorOutput(pipe.writeNumber), limit: limit, linger: linger) { Array("lost \($0)\n".utf8) }
  }

  @Test func withoutAWriterEachLineIsWrittenAtOnce() {
    let sink = sink()
    sink.append(Array("one\n".utf8))
    #expect(pipe.read() == Array("one\n".utf8))
    sink.append(Array("two\n".utf8))
    #expect(pipe.read() == Array("two\n".utf8))
  }

  @Test func theWriterWritesInOrderFromManyThreads() {
    let sink = sink()
    sink.start()
    sink.start()
    let threads = 4
    let each = 500
    DispatchQueue.global().async {
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        for number in 0..<each { sink.append(Array("\(thread) \(number)\n".utf8), isUrgent: number % 50 == 0) }
      }
    }
    var next = [Int](repeating: 0, count: threads)
    let lines = pipe.lines(threads * each)
    #expect(lines.count == threads * each)
    for line in lines {
      let parts = line.split(separator: " ").compactMap { Int($0) }
      guard parts.count == 2, next.indices.contains(parts[0]) else {
        Issue.record("torn line: \(line)")
        return
      }
      #expect(parts[1] == next[parts[0]])
      next[parts[0]] += 1
    }
  }

  @Test func aWriterThatSleepsIsWoken() {
    let sink = sink(linger: .microseconds(1))
    sink.start()
    for number in 0..<300 {
      sink.append(Array("\(number)\n".utf8))
      // Lets the writer fall asleep at every possible moment; a lost wake-up would end in a read of nothing.
      #expect(pipe.read() == Array("\(number)\n".utf8))
    }
  }

  @Test func nobodyWaitsForAReaderWhoDoesNotReadAndEveryLossIsTold() {
    // The pipe is full before the first line.
    let filled = pipe.fill(with: 0x2E)
    let sink = sink(limit: 4096)
    sink.start()
    let total = 20_000
    let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
    for _ in 0..<total { sink.append(line) }
    #expect(!sink.flush(within: .milliseconds(20)))

    var bytes: [UInt8] = []
    var (received, lost) = (0, 0)
    while received + lost < total {
      let more = pipe.read()
      if more.isEmpty { break }
      bytes += more
      let lines = String(decoding: bytes.dropFirst(filled), as: UTF8.self).split(separator: "\n")
      received = lines.count { $0.first == "x" }
      lost = lines.reduce(0) { $0 + ($1.hasPrefix("lost ") ? Int($1.dropFirst(5)) ?? 0 : 0) }
    }
    #expect(received + lost == total)
    #expect(received > 0 && lost > total / 2)
  }

  @Test func flushWritesWhatWaits() {
    let sink = sink(linger: .seconds(3600))
    sink.start()
    sink.append(Array("a\n".utf8))
    sink.append(Array("b\n".utf8))
    #expect(sink.flush())
    #expect(pipe.lines(2) == ["a", "b"])
  }

  @Test func anErrorLosesLinesButNotTheirNumber() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("log", "")
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    let target = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    defer { close(target) }
    let sink = LogSink(output: DescriptorOutput(target), limit: 1000) { Array("lost \($0)\n".utf8) }
    sink.append(Array("one\n".utf8))
    let aside = dup(target)
    defer { close(aside) }
    dup2(full, target)
    for _ in 0..<5 { sink.append(Array("two\n".utf8)) }
    #expect(!sink.flush(within: .milliseconds(1)))
    dup2(aside, target)
    sink.append(Array("three\n".utf8))
    #expect(String(decoding: try readFile(path), as: UTF8.self) == "one\nthree\nlost 5\n")
  }

  @Test func aFlushThatRanOutOfTimeLosesNothing() {
    pipe.fill(with: 0x2E)
    let sink = sink(linger: .seconds(3600))
    sink.start()
    // Whether the writer or the flush has the line, it must come out once there is room.
    sink.append(Array("\nkept\n".utf8))
    #expect(!sink.flush(within: .milliseconds(5)))
    let before = pipe.drain()
    sink.append(Array("next\n".utf8), isUrgent: true)
    #expect(sink.flush())
    let all = before + pipe.drain()
    #expect(String(decoding: all.drop { $0 == 0x2E }, as: UTF8.self) == "\nkept\nnext\n")
  }

  @Test func aReaderThatIsGoneIsNoReasonToDie() {
    signal(SIGPIPE, SIG_IGN)
    let gone = dup(pipe.writeNumber)
    close(gone)
    let sink = LogSink(output: DescriptorOutput(gone), limit: 100) { Array("lost \($0)\n".utf8) }
    sink.append(Array("a\n".utf8))
    #expect(!sink.flush(within: .milliseconds(1)))
  }
}
