// A TLS connection: bytes both ways, both versions, the end with and without close_notify, ALPN.

import COpenSSL
import Glibc
import LinuxSystem
import Testing

@testable import TransportSecurity

@Suite struct TLSConnectionTests {
  static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

  @Test(arguments: versions) func movesBytesBothWays(_ version: Int32) throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) }, .init(maximum: version))
    #expect(try pair.tell("220 ready\r\n") == "220 ready\r\n")
    #expect(pair.client.write(Array("NOOP\r\n".utf8)))
    var buffer = [UInt8](repeating: 0, count: 100)
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .moved(6))
    #expect(buffer.prefix(6).elementsEqual("NOOP\r\n".utf8))
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .wants(.readable))
    #expect(pair.server.summary.hasPrefix(version == TLS1_2_VERSION ? "TLSv1.2 " : "TLSv1.3 "))
  }

  @Test func tellsOfBytesLeftInARecord() throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) })
    #expect(pair.client.write([UInt8](repeating: 7, count: 1000)))
    var buffer = [UInt8](repeating: 0, count: 400)
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .moved(400))
    #expect(pair.server.hasPendingBytes)
  }

  /// A client that is woken by a ticket alone would be woken twice for each reply.
  @Test func aTicketLeavesTogetherWithItsReply() throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) })
    _ = pair.client.read()
    let first = pair.client.ticket
    pair.server.offerTicket()
    #expect(recv(pair.sockets.client, nil, 0, Int32(MSG_PEEK | MSG_TRUNC)) <= 0)
    #expect(pair.client.read().isEmpty)
    #expect(pair.client.ticket == first)
    #expect(try pair.tell("227 here\r\n") == "227 here\r\n")
    #expect(pair.client.ticket != first)
  }

  /// Whatever room the socket has, ticket and replies arrive whole and in order.
  @Test func aTicketGetsThroughASocketThatIsFull() throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) })
    _ = pair.client.read()
    var sent: [UInt8] = []
    var received: [UInt8] = []
    for round in 0..<400 {
      let reply = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 1 + round * 37 % 3000)
      pair.server.offerTicket()
      var rest = reply[...]
      while !rest.isEmpty {
        switch try rest.withUnsafeBytes({ try pair.server.write($0) }) {
        case .moved(let count): rest = rest.dropFirst(count)
        case .wouldBlock: received += pair.client.read()
        }
      }
      sent += reply
    }
    received += pair.client.read()
    #expect(received == sent)
  }

  /// A client may send its first command right behind its Finished.
  @Test func whatCameWithTheHandshakeIsNotForgotten() throws {
    let context = try selfSignedContext()
    let sockets = SocketPair()
    let server = try context.control(over: sockets.server)
    let client = TestClient(sockets.client)
    while try !client.handshake() { _ = try server.handshake() }
    #expect(client.write(Array("PBSZ 0\r\n".utf8)))
    #expect(try server.handshake() == .done)
    #expect(server.hasPendingBytes)
    var buffer = [UInt8](repeating: 0, count: 100)
    #expect(try buffer.withUnsafeMutableBytes { try server.read(into: $0) } == .moved(8))
    #expect(!server.hasPendingBytes)
  }

  @Test func theOldestVersionIsASetting() throws {
    let context = try selfSignedContext { $0.minimum = .tls13 }
    #expect(throws: (any Error).self) {
      try Pair({ try context.control(over: $0) }, .init(maximum: TLS1_2_VERSION))
    }
  }

  @Test(arguments: versions) func closeNotifyIsSentAndSeen(_ version: Int32) throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) }, .init(maximum: version))
    #expect(pair.server.peerEnd == .open)
    pair.client.closeNotify()
    var buffer = [UInt8](repeating: 0, count: 100)
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .ended)
    #expect(pair.server.peerEnd == .closed)
    #expect(try pair.server.close() == .done)
    _ = pair.client.read()
    #expect(pair.client.sawCloseNotify)
  }

  @Test(arguments: versions) func aMissingCloseNotifyIsNoticed(_ version: Int32) throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) }, .init(maximum: version))
    #expect(pair.client.write([1, 2, 3]))
    // A ticket left unread would make the close a reset.
    _ = pair.client.read()
    pair.sockets.closeClient()
    var buffer = [UInt8](repeating: 0, count: 100)
    // What came before still counts.
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .moved(3))
    #expect(try buffer.withUnsafeMutableBytes { try pair.server.read(into: $0) } == .ended)
    #expect(pair.server.peerEnd == .missingClose)
  }

  @Test func somethingElseThanTLSIsToldApart() throws {
    let context = try selfSignedContext()
    let sockets = SocketPair()
    let server = try context.control(over: sockets.server)
    _ = "USER alice\r\n".withCString { write(sockets.client, $0, 12) }
    do throws(TLSError) {
      _ = try server.handshake()
      Issue.record("a handshake was made of USER")
    } catch {
      #expect(error.isForeign)
    }
  }

  // MARK: ALPN

  @Test(arguments: [
    (["ftp"], ApplicationProtocol.ftp), (["h2", "ftp"], .ftp), (["ftp", "x-filezilla-ftp"], .fileZilla),
  ]) func choosesAProtocol(_ offered: [String], _ chosen: ApplicationProtocol) throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) }, .init(protocols: offered))
    #expect(pair.server.applicationProtocol == chosen)
    let data = try Pair(
      { try pair.server.data(over: $0, receives: true, byKernel: false) }, .init(protocols: ["ftp-data"]))
    #expect(data.server.applicationProtocol == .ftpData)
  }

  @Test(arguments: [["h2"], ["http/1.1", "smtp"], ["xftp", "ftpx"]])
  func foreignProtocolsGetNoHandshake(_ offered: [String]) throws {
    let context = try selfSignedContext()
    #expect(throws: (any Error).self) { try Pair({ try context.control(over: $0) }, .init(protocols: offered)) }
  }

  @Test func aClientWithoutALPNIsWelcome() throws {
    let context = try selfSignedContext()
    let pair = try Pair({ try context.control(over: $0) })
    #expect(pair.server.applicationProtocol == nil)
  }
}
