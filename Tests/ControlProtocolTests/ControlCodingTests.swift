// Tests that a packet is one message or none: round trips, every cut, every changed byte, limits, the fuzzer's inputs.

import Foundation
import Testing

@testable import ControlProtocol

@Suite struct ControlCodingTests {
  private func request(_ packet: [UInt8]) -> ControlRequest? {
    packet.withUnsafeBytes { try? ControlRequest.read($0).request }
  }

  private func reply(_ packet: [UInt8]) -> ControlReply? {
    packet.withUnsafeBytes { try? ControlReply.read($0).reply }
  }

  @Test func roundTrips() throws {
    for (number, sample) in ControlSamples.requests.enumerated() {
      let (id, read) = try sample.encoded(id: UInt32(number)).withUnsafeBytes { try ControlRequest.read($0) }
      #expect(read == sample)
      #expect(id == UInt32(number))
    }
    for (number, sample) in ControlSamples.replies.enumerated() {
      let (id, read) = try sample.encoded(id: UInt32(number)).withUnsafeBytes { try ControlReply.read($0) }
      #expect(read == sample)
      #expect(id == UInt32(number))
    }
  }

  @Test func noCutPacketIsAMessage() {
    for sample in ControlSamples.requests {
      let packet = sample.encoded(id: 1)
      for count in 0..<packet.count { #expect(request(Array(packet[..<count])) == nil, "\(sample) cut to \(count)") }
    }
    for sample in ControlSamples.replies {
      let packet = sample.encoded(id: 1)
      for count in 0..<packet.count { #expect(reply(Array(packet[..<count])) == nil, "\(sample) cut to \(count)") }
    }
  }

  @Test func aChangedByteNeverBreaksAnything() {
    for (check, packets) in [
      (ControlCheck.all[0], ControlSamples.requests.map { $0.encoded(id: 5) }),
      (ControlCheck.all[1], ControlSamples.replies.map { $0.encoded(id: 5) }),
    ] {
      for packet in packets {
        for place in packet.indices {
          for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
            var changed = packet
            changed[place] = value
            let failure = check.run(changed)
            #expect(failure == nil, "\(failure ?? "")")
          }
        }
      }
    }
  }

  @Test func anotherVersionIsNoMessage() {
    var packet = ControlRequest.status.encoded(id: 1)
    packet[0] += 1
    #expect(request(packet) == nil)
  }

  @Test func whatIsTooLongIsCutByWritersAndRefusedByReaders() throws {
    let long = String(repeating: "ä", count: 500)
    let packet = ControlRequest.kick(.session(1), words: long).encoded(id: 1)
    guard case .kick(_, let words)? = request(packet) else {
      Issue.record("no kick")
      return
    }
    // Cut between two characters.
    #expect(words == String(repeating: "ä", count: 200))
    var writer = PacketWriter()
    for byte in [1, 7, 0, 0, 0, 1] as [UInt8] { writer.append(byte) }
    writer.append(Array(repeating: 0x31, count: ControlLimits.subject + 1), limit: 2000)
    #expect(request(writer.bytes) == nil)
    #expect(request([UInt8](repeating: 0, count: ControlLimits.request + 1)) == nil)
  }

  @Test func aListIsCutIntoPacketsThatAReaderTakes() throws {
    let all = (1...500).map { ControlSamples.session($0, path: [UInt8](repeating: 0x61, count: Int($0) * 10)) }
    var rest = all[...]
    var read: [SessionEntry] = []
    var packets = 0
    while !rest.isEmpty {
      let (count, packet) = ControlReply.packet(of: rest, id: 9)
      #expect(packet.count <= ControlLimits.reply)
      guard count > 0, case .sessions(let some)? = reply(packet) else {
        Issue.record("no sessions in a packet")
        return
      }
      #expect(some.count == count)
      read += some
      rest = rest.dropFirst(count)
      packets += 1
    }
    #expect(packets > 10)
    // Paths beyond the limit are cut.
    #expect(read.map(\.id) == all.map(\.id))
    #expect(read.allSatisfy { $0.transfer?.path.count == min(Int($0.id) * 10, ControlLimits.path) })
  }

  @Test(arguments: ControlCheck.all.map(\.name)) func keptInputsHold(target: String) throws {
    let check = try #require(ControlCheck.all.first { $0.name == target })
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fuzz/Corpus/\(target)")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let failure = check.run([UInt8](try Data(contentsOf: file)))
      #expect(failure == nil, "\(file.lastPathComponent)")
    }
  }
}
