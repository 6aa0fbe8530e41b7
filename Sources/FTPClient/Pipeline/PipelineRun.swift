// What a pipeline has out: items that were taken, commands that wait for their answers.

import FTPProtocol
import FTPTransfer

/// Belongs to one session's run and is used on its executor only.
final class PipelineRun {
  /// An item whose command was sent.
  final class Sent {
    let item: PipelineItem
    let command: Command
    let bytes: Int
    let isMachineListing: Bool
    /// The final reply to the transfer command has not come.
    var awaitsFinal = true
    /// The reply to what was said behind it has not come.
    var awaitsFollower: Bool
    /// What is said behind it when it has been answered, to a server that takes no command before.
    var lateFollower: Command?
    /// The reply to the EPSV or PASV that was sent ahead has not come.
    var awaitsPort = false
    /// The answer to what was sent ahead came instead of the one that was due.
    var isOutOfOrder = false
    /// The reply that ended it, if that was no good one.
    var refusal: ReceivedReply?
    var data: DataConnection?

    init(_ item: PipelineItem, _ command: Command, hasFollower: Bool, _ bytes: Int, _ isMachineListing: Bool) {
      self.item = item
      self.command = command
      self.bytes = bytes
      self.isMachineListing = isMachineListing
      awaitsFollower = hasFollower
    }
  }

  private let source: PipelineSource
  /// The item that comes next, taken ahead: whether there is one has to be known.
  private var upcoming: PipelineItem?
  /// In the order of their answers.
  var sent: [Sent] = []
  /// How often something broke in the midst.
  var breaks = 0

  init(_ source: PipelineSource, _ first: PipelineItem) {
    self.source = source
    upcoming = first
  }

  var hasMore: Bool { upcoming != nil }

  /// Which way the next item goes; that of a download if there is none.
  var direction: TransferInFlight.Direction { upcoming?.direction ?? .download }

  /// Bytes of the commands that are out.
  var bytesOut: Int { sent.reduce(0) { $0 + $1.bytes } }

  func take() -> PipelineItem? {
    guard let item = upcoming else { return nil }
    upcoming = source.next()
    return item
  }

  func tell(_ item: PipelineItem, _ outcome: PipelineOutcome) { source.tell(item, outcome) }

  /// Tells what came of an item; it is out no more.
  func finish(_ item: Sent, _ outcome: PipelineOutcome) {
    sent.removeAll { $0 === item }
    tell(item.item, outcome)
  }

  /// What is out has to be done by itself.
  func undoSent() {
    for item in sent { tell(item.item, .undone) }
    sent = []
  }

  /// Nothing more is done here.
  func giveUp() {
    undoSent()
    if let upcoming { tell(upcoming, .undone) }
    upcoming = nil
  }
}
