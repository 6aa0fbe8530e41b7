// The packets between weftpd and the helper.

import Testing

@testable import ExternalAccounts

@Suite struct HelperMessageTests {
  private func read(_ packet: [UInt8]) -> HelperMessage? { packet.withUnsafeBytes { HelperMessage($0) } }

  @Test func thereAndBack() {
    let messages: [HelperMessage] = [
      .question(id: 1, bytes("{}")), .answer(id: .max, []), .failure(id: 0x0102_0304, bytes("no")),
    ]
    for message in messages { #expect(read(message.packet) == message) }
  }

  @Test func whatIsNone() {
    #expect(read([]) == nil)
    #expect(read([0, 0, 0, 1]) == nil)
    #expect(read([0, 0, 0, 1, 9]) == nil)
    #expect(read(HelperMessage.answer(id: 1, [UInt8](repeating: 0, count: HelperMessage.textLimit + 1)).packet) == nil)
  }
}
