// What a dialogue file says, once parsed: the tree the server serves, its settings, and the steps of the talk.

/// One file of Tests/Conversations.
struct Dialogue {
  /// The comment on the first lines: the RFC clause or the attack the dialogue stands for.
  var title = ""
  var settings: [String] = []
  var arguments: [String] = []
  var listen: String?
  var requirements: [String] = []
  /// Entries of a user table: a name, options, and perhaps a table's name.
  var users: [String] = []
  var files: [Fixture] = []
  var steps: [Step] = []
}

/// Something that lies in the served directory before the server starts.
struct Fixture {
  enum Kind {
    case file([UInt8])
    case sparse(Int)
    case directory
    case symlink([UInt8])
    case hardLink([UInt8])
    case fifo, socket, device
    case entries(Int)
  }
  var name: [UInt8]
  var kind: Kind
  var mode: UInt32?
  /// Seconds since 1970.
  var modified: Int?
}

/// One line of the talk.
struct Step {
  var line: Int
  var source: String
  var action: Action
}

/// What a step does.
enum Action {
  /// Sends the pieces one after the other, each read by the server before the next is sent.
  case send([[UInt8]])
  case sendUrgent([UInt8])
  case closeControl(HowToClose)
  case logIn(String)
  case reply(ReplyPattern)
  /// A reply like this may come before the next one that is named.
  case mayReply(ReplyPattern)
  case replyHas(TextPattern)
  case replyLacks(TextPattern)
  case rawBytes([UInt8])
  case controlClosed
  case data(DataAction)
  case check([UInt8], Check)
  case connection(name: String, from: String?)
}

/// FIN both ways, FIN one way, or RST.
enum HowToClose { case close, finishSending, reset }

/// What is done with the data connection.
enum DataAction {
  case connect(from: String?)
  case refused(from: String?)
  case listen(on: String)
  case accept
  case nobodyConnects
  case close(HowToClose)
  case closed
  case send([UInt8])
  case receiveFirst(Int)
  case receives(DataPattern)
}

/// What is expected of all that came over the data connection.
enum DataPattern {
  case equal([UInt8])
  case count(Int)
  case has(TextPattern)
  case lacks(TextPattern)
}

/// What is expected of a file in the served directory.
enum Check {
  case content([UInt8])
  case size(Int)
  case mode(UInt32)
  case modified(Int)
  case missing, exists, isDirectory
  case link([UInt8])
}

/// Text to compare with: byte for byte, or a regular expression found anywhere unless anchored.
enum TextPattern {
  case exact([UInt8])
  case expression(String)
}

/// What a reply must look like.
struct ReplyPattern {
  /// `331`, `2xx`: digits, or x for any.
  var codes: [String]
  /// The text of a single-line reply; nil: any, and the reply may have any number of lines.
  var text: TextPattern?
  /// The lines of a multi-line reply, the first and last included; nil where any number of lines may stand.
  var block: [TextPattern?]?
}
