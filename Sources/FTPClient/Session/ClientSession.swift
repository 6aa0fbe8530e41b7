// A session with a server: one control connection, one thing at a time, everything else waits its turn.

import Bandwidth
import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP
import Reactor
import TransportSecurity

/// One session with one server.
///
/// An actor that runs in turns on the runtime's workers: calls from several tasks are served one after the other. ``connect(to:port:options:runtime:)``
/// makes one, ``login(_:)`` follows, ``quit()`` ends it. A call that was cancelled leaves the session usable: a transfer is aborted (ABOR)
/// and its replies are taken; other commands are waited for. When the connection is gone, every call throws
/// ``ClientError/Code/connectionLost``.
public actor ClientSession {
  private let executor: SessionExecutor
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  /// Where the session runs, for tasks that go back and forth between it and their own work: with this executor preferred
  /// (`withTaskExecutorPreference`) they change no thread for each piece of a file. It is no place for work that blocks.
  public nonisolated var taskExecutor: any TaskExecutor { executor }

  /// What it was made with.
  public nonisolated let options: ClientOptions
  /// The host as the caller named it.
  public nonisolated let host: String
  let runtime: ClientRuntime
  let parking: Parking
  let control: ControlConnection
  /// Makes TLS connections; nil where TLS is off.
  let security: TLSClientContext?

  /// Set once the session is of no use any more.
  private(set) var failure: ClientError?
  /// What the server told it can do; empty until ``login(_:)``, and for servers that do not know FEAT.
  public internal(set) var features = ServerFeatures()
  /// The greeting and the reply to the login.
  public internal(set) var welcome: [ReceivedReply] = []
  /// Whether the byte 0xFF of a name is sent twice.
  var doublesEscape: Bool
  /// The form files travel in; a transfer sends TYPE, STRU and MODE if the server has another.
  public internal(set) var format = TransferFormat(type: .image)
  /// What the server has now; it begins as RFC 959 says.
  var formatInForce = TransferFormat()
  /// The protection of data connections (PROT): nil until it was settled.
  var protectsData: Bool?
  /// How the last data connection came about.
  var dataWay: DataWay?
  /// Ways that the server or the network has refused in this session.
  var refusedWays: Set<DataWay> = []
  /// The final reply to the transfer command, when it came while data still moved.
  var earlyReply: ReceivedReply?
  /// The markers that replies of 110 told in this transfer (RFC 959, section 3.5).
  public internal(set) var restartMarkers: [(sent: [UInt8], received: [UInt8])] = []
  /// A transfer command is out and its final reply has not come.
  var isTransferring = false
  /// Replies of an aborted transfer are taken: cancellation does not count now.
  var isShielded = false
  var transferInFlight: TransferInFlight?
  /// A data connection that several files go over (MODE B), and which way they go.
  var keptData: (connection: DataConnection, direction: TransferInFlight.Direction)?
  /// The limit on this session's bytes, once there is one.
  var connectionBucket: RateBucket?
  /// MODE B was refused, or did not work.
  var refusesBlocks = false
  /// A call is in progress.
  private var isBusy = false
  private var queue: [CheckedContinuation<Void, Never>] = []
  /// What the next replies answer, before that to the last command.
  var owed: [Owed] = []
  /// MLSD was refused as unknown.
  var lacksMachineListings = false
  /// What OPTS HASH chose last.
  var selectedDigest: DigestAlgorithm?
  /// The name the server chose in this transfer (STOU), where its first reply tells it.
  var uniqueName: [UInt8]?
  /// When the last command was sent.
  var lastCommand = MonotonicTime.now

  init(
    _ control: ControlConnection, host: String, options: ClientOptions, security: TLSClientContext?, parking: Parking,
    runtime: ClientRuntime
  ) {
    self.control = control
    peer = control.peer
    self.host = host
    self.options = options
    doublesEscape = options.doublesEscape
    self.security = security
    self.runtime = runtime
    executor = SessionExecutor(runtime.reactor)
    self.parking = parking
  }

  // The control connection closes with its last reference.
  deinit { parking.retire() }

  // MARK: turns

  /// The session whose transfer's bytes the task is taking or giving: a further call on it would wait for itself.
  @TaskLocal static var transferring: ObjectIdentifier?

  /// Waits until no other call is in progress. ``leave()`` has to follow.
  func enter() async throws(ClientError) {
    if Self.transferring == ObjectIdentifier(self) {
      throw ClientError(.usage, "the session is in a transfer: its bytes come first")
    }
    if isBusy {
      await withCheckedContinuation { queue.append($0) }
    } else {
      isBusy = true
    }
    if Task.isCancelled {
      leave()
      throw ClientError(.cancelled, "the task was cancelled")
    }
    if let failure {
      leave()
      throw failure
    }
  }

  /// Lets the next call go on.
  func leave() {
    if queue.isEmpty { isBusy = false } else { queue.removeFirst().resume() }
  }

  /// Ends the session for good: all further calls throw `error`.
  func fail(_ error: ClientError) {
    if failure == nil { failure = error }
    control.close()
  }

  /// Closes at once, without a word. A call in progress throws.
  public func close() {
    let error = ClientError(.connectionLost, "the session was closed")
    guard isBusy else { return fail(error) }
    // Whoever waits on the socket closes it: a descriptor must not vanish under a wait.
    if failure == nil { failure = error }
    parking.wake()
  }

  /// Whether calls may still succeed.
  public var isOpen: Bool { failure == nil }

  func trace(_ event: ClientOptions.TraceEvent) { options.trace?(event) }

  // MARK: what is known of the connection

  /// Where the control connection goes.
  public nonisolated let peer: SocketAddress

  /// What protects the control connection, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; nil in clear.
  public var protection: String? { control.tls?.summary }

  /// The certificate the server showed.
  public var serverCertificate: ServerCertificate? { control.tls?.serverCertificate }

  /// What multipath came to on the control connection.
  public var transport: TransportReport {
    TransportReport(
      connection: failure == nil ? ConnectionReport(control.number) : nil, unavailability: control.unavailability)
  }

  /// Chooses the form in which files travel from now on (TYPE, STRU, MODE).
  public func use(_ format: TransferFormat) { self.format = format }
}
