// A text in quotes, for messages that name what somebody wrote or what a file is called.

/// `text` in quotes, with everything that could disturb a terminal escaped, and cut after 200 bytes.
public func quoted(_ text: String) -> String {
  var line = SafeLine()
  line.appendQuoted(Array(text.utf8.prefix(200)))
  return String(decoding: line.bytes, as: UTF8.self)
}
