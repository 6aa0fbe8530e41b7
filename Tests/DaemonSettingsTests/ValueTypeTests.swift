// Tests how each type of setting is read from text, shown again, and refused.

import FTPServer
import LinuxSystem
import Testing

@testable import DaemonSettings

@Suite struct ValueTypeTests {
  private func accepts<Value>(_ type: ValueType<Value>, _ text: String) -> Value? { try? type.parse([text]) }

  private func reason<Value>(_ type: ValueType<Value>, _ text: String) -> String? {
    do throws(Rejection) {
      _ = try type.parse([text])
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [
    ("30", 30_000), ("30s", 30_000), ("15m", 900_000), ("2h", 7_200_000), ("500ms", 500), ("1d", 86_400_000),
    ("30 s", 30_000), ("007", 7000),
  ])
  func durations(_ text: String, _ milliseconds: Int) {
    #expect(accepts(.duration(.zero ... .seconds(100_000)), text) == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", "s", "-1", "+1", "1.5s", "1e3", "30S", "30 seconds", "0x10", "٣", " ", "99999999999999999999",
    "9223372036854775807h",
    "101m", "1h30m",
  ])
  func noDurations(_ text: String) {
    #expect(accepts(.duration(.milliseconds(1) ... .seconds(6000)), text) == nil)
  }

  @Test func ratesHaveHours() {
    #expect(accepts(.rate, "1MiB;0800-1800=200KiB")?.limit(at: .init(day: 0, minute: 600)) == 200 << 10)
    #expect(accepts(.rate, "none")?.isUnlimited == true)
    #expect(reason(.rate, "1MB") == "is not a rate")
    #expect(reason(.rate, "1MiB;8-18=1") == "is not a rate")
  }

  @Test func durationsAreShownInTheLargestExactUnit() {
    #expect(Duration.seconds(900).asSetting == "15m")
    #expect(Duration.seconds(90).asSetting == "90s")
    #expect(Duration.milliseconds(1500).asSetting == "1500ms")
    #expect(Duration.zero.asSetting == "0s")
    #expect(Duration.seconds(86_400).asSetting == "1d")
  }

  @Test func sizes() {
    let type = ValueType<Int>.size(256...65_536)
    #expect(accepts(type, "4096") == 4096)
    #expect(accepts(type, "4KiB") == 4096)
    #expect(accepts(type, "300B") == 300)
    #expect(type.show(4096) == ["4KiB"])
    #expect(type.show(4097) == ["4097"])
    #expect(reason(type, "1MiB") == "is out of range")
    #expect(reason(type, "9999999999GiB") == "is out of range")
    for text in ["4kb", "4 K", "", "KiB", "-4KiB"] { #expect(accepts(type, text) == nil, "\(text)") }
  }

  @Test func numbers() {
    let type = ValueType<Int>.integer(1...100)
    #expect(accepts(type, "100") == 100)
    #expect(reason(type, "101") == "is out of range")
    #expect(reason(type, "0") == "is out of range")
    #expect(reason(type, "99999999999999999999") == "is out of range")
    #expect(reason(type, "ten") == "is not a whole number")
    #expect(reason(type, "-3") == "is not a whole number")
  }

  @Test func numbersOfEveryWidth() {
    #expect(accepts(ValueType<UInt16>.integer(0...65_535), "65535") == 65_535)
    #expect(reason(ValueType<UInt16>.integer(0...65_535), "65536") == "is out of range")
    let large = ValueType<UInt64>.size(0...(1 << 40))
    #expect(accepts(large, "1024GiB") == 1 << 40)
    #expect(large.show(1 << 40) == ["1024GiB"])
    #expect(reason(large, "1025GiB") == "is out of range")
  }

  @Test func choicesMayBeLeftOut() throws {
    let type = ValueType<DefaultTransferType?>.optionalChoice()
    #expect(try type.parse([""]) == nil)
    #expect(try type.parse(["I"]) == .image)
    #expect(throws: Rejection("is not a valid choice")) { try type.parse(["E"]) }
    #expect(throws: Rejection("is a list")) { try type.parse(["A", "I"]) }
    #expect(type.show(nil).isEmpty)
    #expect(type.show(.ascii) == ["A"])
  }

  @Test func codePagesHaveThreeDigits() {
    #expect(accepts(.codePage, "037") == .ibm037)
    #expect(ValueType.codePage.show(.ibm037) == ["037"])
    #expect(reason(.codePage, "37") == "is not a valid choice")
  }

  @Test func flags() {
    for text in ["true", "yes", "on", "1", "True"] { #expect(accepts(.flag, text) == true) }
    for text in ["false", "no", "off", "0", "NO"] { #expect(accepts(.flag, text) == false) }
    #expect(reason(.flag, "maybe") == "is neither true nor false")
  }

  @Test func portRanges() {
    let type = ValueType<ClosedRange<UInt16>?>.portRange
    #expect(accepts(type, "50000-50100") == .some(50000...50100))
    #expect(accepts(type, "50000 - 50100") == .some(50000...50100))
    #expect(accepts(type, "50000") == .some(50000...50000))
    #expect(accepts(type, "0") == .some(nil))
    #expect(type.show(nil) == ["0"])
    #expect(reason(type, "60000-50000") == "ends before it starts")
    #expect(reason(type, "50000-70000") == "has a port outside 1 to 65535")
    #expect(reason(type, "0-100") == "has a port outside 1 to 65535")
    for text in ["", "-", "1-", "-1", "1-2-3", "a-b", "1..2"] { #expect(reason(type, text) != nil, "\(text)") }
  }

  @Test func networks() throws {
    let type = ValueType<[IPNetwork]>.networks
    let two = try ["192.0.2.0/24", "2001:db8::/32"].map { try #require(IPNetwork($0)) }
    #expect(try type.parse(["192.0.2.0/24", "2001:db8::/32"]) == two)
    #expect(type.show(two) == ["192.0.2.0/24", "2001:db8::/32"])
    #expect(try type.parse([]) == [])
    for text in ["", "x", "192.0.2.1/24", "192.0.2.0/33"] { #expect(throws: Rejection.self) { try type.parse([text]) } }
    #expect(throws: Rejection.self) { try type.parse(["192.0.2.0/24", "192.0.2.0/24"]) }
  }

  @Test func umasks() {
    #expect(accepts(.umask, "022") == 0o22)
    #expect(accepts(.umask, "0777") == 0o777)
    #expect(ValueType<UInt32>.umask.show(0o2) == ["002"])
    #expect(reason(.umask, "1000") == "is out of range")
    #expect(reason(.umask, "089") == "is not an octal number")
    #expect(reason(.umask, "99999999999999999999") == "is not an octal number")
  }

  @Test func passiveAddresses() {
    let type = ValueType<ServerConfiguration.PassiveAddress>.passiveAddress
    #expect(accepts(type, "auto") == .automatic)
    #expect(accepts(type, "192.0.2.7")?.asSetting == "192.0.2.7")
    for text in ["0.0.0.0", "224.0.0.1", "255.255.255.255"] {
      #expect(reason(type, text) == "is an address nobody can connect to")
    }
    #expect(reason(type, "localhost")?.hasPrefix("names a host, and only an address will do; write 127.0.0.1") == true)
    for text in ["::1", "", "1.2.3", "1.2.3.4:5"] {
      #expect(reason(type, text) == "is not an IPv4 address")
    }
  }

  @Test func aNameToListenOnIsRefusedWithItsAddresses() {
    let type = ValueType<[ListenSetting]>.listenList
    for text in ["localhost:2121", "ftps://localhost:2121", "localhost:2121?tls=off"] {
      let told = reason(type, text) ?? "accepted"
      #expect(told.hasPrefix("names a host, and only an address will do; write ") && told.contains("127.0.0.1:2121"))
    }
    #expect(
      reason(type, "no-such-host.invalid:21")?.hasPrefix(
        "names a host, and only an address will do; \"no-such-host.invalid\" cannot be looked up: ") == true)
    #expect(reason(type, "1.2.3:21") == "has no IP address before the port")
    #expect(reason(type, "_:21") == "has no IP address before the port")
  }

  @Test func listenAddresses() throws {
    let type = ValueType<[ListenSetting]>.listenList
    let items = ["127.0.0.1:2121", "[::1]:2121", "*:21", "127.0.0.1:0"]
    #expect(type.show(try type.parse(items)) == items)
    #expect(try type.parse(["*:21"]).first?.host == nil)
    // Port 0 is another port each time.
    #expect(try type.parse(["127.0.0.1:0", "127.0.0.1:0"]).count == 2)
    for text in [
      "foo", "127.0.0.1", ":21", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:21", "[127.0.0.1]:21", "[::1]",
      "localhost:21", "224.0.0.1:21", "127.0.0.1:21x", "",
    ] {
      #expect(reason(type, text) != nil, "\(text)")
    }
    #expect(throws: Rejection("lists 127.0.0.1:21 twice")) { try type.parse(["127.0.0.1:21", "127.0.0.1:21"]) }
    #expect(throws: Rejection("lists no address")) { try type.parse([]) }
  }

  @Test func textsHaveNoControls() {
    #expect(reason(.line(limit: 10), "a\u{1B}[2J") == "contains a control character")
    #expect(reason(.line(limit: 10), "a\r\nb") == "contains a control character")
    #expect(reason(.line(limit: 10), "") == "is out of range")
    #expect(reason(.line(limit: 3), "héé") == "is out of range")
    #expect(accepts(.optional("path", ""), "") == .some(nil))
    #expect(reason(.optional("path", ""), "a\0b") == "contains a control character")
  }
}
