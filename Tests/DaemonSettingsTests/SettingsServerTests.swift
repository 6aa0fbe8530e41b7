// Tests that every setting reaches the server.

import FTPServer
import Glibc
import LinuxSystem
import Testing

@testable import DaemonSettings

@Suite struct ServerConfigurationTests {
  @Test func everySettingArrives() throws {
    let settings = try SettingsSources(assignments: [
      "server.greeting=hi", "passive.enabled=no", "passive.ports=5-6", "passive.address=192.0.2.1",
      "accounts.attempts=4", "limits.sessions=11", "limits.sessions-per-address=12", "limits.command-line=1300",
      "limits.listing-sort=14", "timeouts.login=21", "timeouts.idle=22", "timeouts.data-connect=23",
      "timeouts.data-stall=24",
    ]).load().settings
    let configuration = settings.configuration
    #expect(configuration.greeting == "hi")
    #expect(!configuration.passiveEnabled)
    #expect(configuration.activeEnabled)
    #expect(configuration.passivePorts == 5...6)
    #expect(configuration.passiveAddress == .fixed(IPAddress(ipv4: 0xC000_0201)))
    #expect(configuration.limits.loginAttempts == 4)
    #expect(configuration.limits.sessions == 11)
    #expect(configuration.limits.sessionsPerAddress == 12)
    #expect(configuration.limits.commandLine == 1300)
    #expect(configuration.limits.sortedListing == 14)
    #expect(configuration.timeouts.login == .seconds(21))
    #expect(configuration.timeouts.idle == .seconds(22))
    #expect(configuration.timeouts.dataConnect == .seconds(23))
    #expect(configuration.timeouts.dataStall == .seconds(24))
    let other = try SettingsSources(assignments: ["active.enabled=no", "passive.ports=0"]).load().settings
    #expect(!other.configuration.activeEnabled)
    #expect(other.configuration.passivePorts == nil)
    #expect(other.configuration.passiveAddress == .automatic)
  }

  @Test func aStarIsEveryAddress() throws {
    let settings = try SettingsSources(assignments: ["listen=127.0.0.1:1,*:21,[::1]:2"]).load().settings
    let addresses = settings.listenAddresses.map(\.address.description)
    #expect(addresses.first == "127.0.0.1:1")
    #expect(addresses.last == "[::1]:2")
    #expect(addresses.contains("0.0.0.0:21"))
    #expect(addresses.count == 3 || addresses.contains("[::]:21"))
  }
}
