// Keeps the context new connections begin with, and makes a new one when the settings or the files have changed.

import Glibc
import LinuxSystem
import Synchronization

/// The current ``TLSContext`` of a server.
public final class TLSStore: Sendable {
  /// By what a file is known to have changed.
  private struct Stamp: Equatable {
    let device: UInt64, inode: UInt64, size: UInt64
    let modified: Int64
    let nanoseconds: UInt32
  }

  private struct State {
    var options: TLSOptions?
    var context: TLSContext?
    var stamps: [Stamp?] = []
    /// When the files were last looked at.
    var looked = MonotonicTime.now
    /// Lives as long as the process, so that a reload does not change its fingerprint.
    var own: SelfSignedCertificate?
  }

  private let state: Mutex<State>
  /// Nanoseconds between two looks at the files.
  private let interval: Int64

  /// - Parameters:
  ///   - options: nil when TLS is off.
  ///   - interval: nanoseconds between two looks at the files.
  /// - Throws: what cannot be used.
  public init(_ options: TLSOptions?, interval: Int64 = 1_000_000_000) throws(TLSConfigurationError) {
    self.interval = interval
    var state = State()
    if let options { try Self.load(options, into: &state) }
    self.state = Mutex(state)
  }

  /// The context for a new connection; nil when TLS is off.
  public var current: TLSContext? { state.withLock { $0.context } }

  /// Whether no certificate is configured, and the one in use is of the server's own making.
  public var isSelfSigned: Bool { state.withLock { $0.options?.certificates.isEmpty == true } }

  /// Takes new settings and reads every file anew. When something is wrong, all of the old stays.
  public func replace(with options: TLSOptions?) throws(TLSConfigurationError) {
    let fault = state.withLock { state -> TLSConfigurationError? in
      guard let options else {
        state.options = nil
        state.context = nil
        return nil
      }
      do throws(TLSConfigurationError) {
        try Self.load(options, into: &state)
        return nil
      } catch {
        return error
      }
    }
    if let fault { throw fault }
  }

  /// What ``refresh()`` found.
  public enum Change: Sendable {
    /// The files have changed: new connections get these certificates.
    case renewed(TLSContext)
    /// They have changed into something that cannot be used: the old certificates stay.
    case refused(TLSConfigurationError)
  }

  /// Looks whether the files have changed, at most once a second, and reads them if so; nil when all is as it was.
  public func refresh() -> Change? {
    state.withLock { state in
      guard let options = state.options, !options.files.isEmpty,
        MonotonicTime.now.since(state.looked) >= interval
      else { return nil }
      state.looked = .now
      guard Self.stamps(options) != state.stamps else { return nil }
      do throws(TLSConfigurationError) {
        try Self.load(options, into: &state)
        return state.context.map { .renewed($0) }
      } catch {
        // Not tried again until they change again.
        state.stamps = Self.stamps(options)
        return .refused(error)
      }
    }
  }

  private static func load(_ options: TLSOptions, into state: inout State) throws(TLSConfigurationError) {
    // Before they are read: what changes meanwhile is seen the next time.
    let stamps = stamps(options)
    var own = state.own
    let context = try TLSContext(options) { () throws(OpenSSLError) in
      if let own { return own }
      let made = try SelfSignedCertificate(names: options.names)
      own = made
      return made
    }
    state.own = own
    state.options = options
    state.context = context
    state.stamps = stamps
    state.looked = .now
  }

  private static func stamps(_ options: TLSOptions) -> [Stamp?] {
    options.files.map { path in
      guard let file = try? File.open(path, flags: O_RDONLY | O_NONBLOCK), let status = try? File.status(file.number)
      else { return nil }
      return Stamp(
        device: status.device, inode: status.inode, size: status.size, modified: status.modified,
        nanoseconds: status.modifiedNanoseconds)
    }
  }
}
