// The way in for whoever embeds the server to turn clients away by their addresses.

import LinuxSystem

/// Says which clients may stay. It is asked on acceptor threads and sessions' queues, so it must be quick and not block.
public protocol ClientPolicy: Sendable {
  /// Whether a client with these addresses may stay.
  ///
  /// Asked when a client has connected, with its one address; before its login is answered, and at each transfer, with every address its
  /// control connection has a path from: with multipath TCP a ban that knows only the first could be walked around.
  func admits(_ addresses: [IPAddress]) -> Bool
}
