// How far a transfer is, on standard error: a bar on a terminal, a line in a log, JSON for a program.

import ArgumentParser
import FTPClient
import FTPProtocol
import Glibc

/// How progress is told.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto, bar, line, json, none

  /// The style that `auto` stands for.
  var effective: ProgressStyle { self != .auto ? self : isatty(2) == 1 ? .bar : .none }
}

/// Tells of one transfer at a time.
struct Progress: Sendable {
  let style: ProgressStyle

  init(_ style: ProgressStyle) { self.style = style.effective }

  /// Runs `body` and tells meanwhile how far `meter` has come.
  ///
  /// - Parameter limits: what both sides have agreed on, to be shown beside the rate; nil: nothing.
  func follow<Value>(
    _ name: String, total: UInt64?, _ meter: TransferMeter, limits: ClientLimits? = nil,
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async throws -> Value {
    try await follow(name, total: total, bytes: { meter.bytes }, connections: { 1 }, limits: limits, body)
  }

  /// The same of what several connections share.
  func follow<Value>(
    _ name: String, total: UInt64?, bytes: @escaping @Sendable () -> UInt64,
    connections: @escaping @Sendable () -> Int, limits: ClientLimits? = nil,
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async throws -> Value {
    guard style == .bar || style == .json else { return try await body() }
    let ticker = tick(name, total, bytes, connections, limits)
    do {
      let value = try await body()
      await stop(ticker)
      return value
    } catch {
      await stop(ticker)
      throw error
    }
  }

  private func tick(
    _ name: String, _ total: UInt64?, _ bytes: @escaping @Sendable () -> UInt64,
    _ connections: @escaping @Sendable () -> Int, _ limits: ClientLimits?
  ) -> Task<Void, Never> {
    let (style, start) = (style, ContinuousClock.now)
    return Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(style == .bar ? 150 : 1000))
        if Task.isCancelled { return }
        let count = connections()
        let limit = limits.map { Progress.limit($0.agreed, count) } ?? 0
        Progress.show(style, name, bytes(), total, ContinuousClock.now - start, count, limit)
      }
    }
  }

  private func stop(_ ticker: Task<Void, Never>) async {
    ticker.cancel()
    await ticker.value
    if style == .bar { Output.write(2, Array("\r\u{1B}[K".utf8)) }
  }

  /// Tells that something is done.
  func done(_ name: String, _ bytes: UInt64, _ duration: Duration) {
    switch style {
    case .bar, .line:
      let rate = Progress.rate(bytes, duration).map { ", \(Output.amount($0))/s" } ?? ""
      Output.write(2, Array("\(name)  \(Output.amount(bytes))\(rate)\n".utf8))
    case .json:
      let event = JSONText.object([("event", .string("done")), ("name", .string(name)), ("bytes", .number(bytes))])
      Output.write(2, Array((event.text + "\n").utf8))
    case .auto, .none: break
    }
  }

  /// The lowest of the limits in force, in bytes per second, for a file that so many connections move; 0: there is none.
  static func limit(_ limits: TransferLimits, _ connections: Int) -> UInt64 {
    let each = limits.connection.multipliedReportingOverflow(by: UInt64(max(1, connections)))
    return [limits.total, limits.file, each.overflow ? 0 : each.partialValue].filter { $0 > 0 }.min() ?? 0
  }

  private static func show(
    _ style: ProgressStyle, _ name: String, _ bytes: UInt64, _ total: UInt64?, _ time: Duration, _ connections: Int,
    _ limit: UInt64
  ) {
    if style == .json {
      let event = JSONText.object([
        ("event", .string("progress")), ("name", .string(name)), ("bytes", .number(bytes)),
        ("total", total.map { .number($0) }), ("connections", connections > 1 ? .number(UInt64(connections)) : nil),
        ("limit", limit > 0 ? .number(limit) : nil),
      ])
      Output.write(2, Array((event.text + "\n").utf8))
      return
    }
    let text = bar(name, bytes, total, time, connections, limit: limit, width: width())
    Output.write(2, Array(("\r\u{1B}[K" + text).utf8))
  }

  /// `name  [#####     ]  42 %  1.2 MB/s  0:31`, within `width` columns; with a limit `1.2 MB/s of 2.0 MB/s`.
  static func bar(
    _ name: String, _ bytes: UInt64, _ total: UInt64?, _ time: Duration, _ connections: Int = 1, limit: UInt64 = 0,
    width: Int
  ) -> String {
    let speed = rate(bytes, time)
    let bound = limit > 0 ? " of \(Output.amount(limit))/s" : ""
    var text = Output.amount(bytes)
    var fill = ""
    if let total, total > 0 {
      let share = min(1, Double(bytes) / Double(total))
      text = "\(Int(share * 100)) %"
      let room = 20
      let filled = Int(share * Double(room))
      fill = "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: room - filled) + "]  "
      if let speed, speed > 0, total >= bytes {
        let rest = (total - bytes) / speed
        text += "  \(Output.amount(speed))/s\(bound)  \(rest / 60):\(rest % 60 < 10 ? "0" : "")\(rest % 60)"
      }
    } else if let speed {
      text += "  \(Output.amount(speed))/s\(bound)"
    }
    if connections > 1 { text += "  ×\(connections)" }
    let room = max(8, width - fill.count - text.count - 3)
    let shown = name.count > room ? "…" + name.suffix(room - 1) : name
    return "\(shown)  \(fill)\(text)"
  }

  static func rate(_ bytes: UInt64, _ duration: Duration) -> UInt64? {
    let (seconds, attoseconds) = duration.components
    let time = Double(seconds) + Double(attoseconds) / 1e18
    return time > 0.001 ? UInt64(Double(bytes) / time) : nil
  }

  private static func width() -> Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
    return Int(size.ws_col) - 1
  }
}
