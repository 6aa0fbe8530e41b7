// mptcpctl endpoints: lists, adds and removes the addresses the path manager uses.

import ArgumentParser
import Glibc
import LinuxSystem
import MultipathTCP

struct EndpointsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endpoints", abstract: "List or change the path manager's endpoints.",
    subcommands: [List.self, Add.self, Remove.self, Flush.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the endpoints.")
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.enter()
      var manager = try PathManager()
      for endpoint in try manager.endpoints() { print(endpoint) }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add an endpoint.",
      discussion: "Words are those of ip-mptcp(8): signal, subflow, backup, fullmesh, laminar.")
    @OptionGroup var common: CommonOptions

    @Argument(help: "A local IPv4 or IPv6 address.") var address: String
    @Argument(help: "What it is for: signal, subflow, backup, fullmesh, laminar.") var words: [String] = []
    @Option(name: .customLong("dev"), help: "The interface its paths are bound to.") var interface: String?
    @Option(help: "A port of its own for joins, with signal.") var port: UInt16?
    @Option(help: "Its number, 1 to 255.") var id: UInt8?

    func validate() throws {
      guard IPAddress(address) != nil else { throw ValidationError("'\(address)' is no IP address.") }
      for word in words where PathEndpoint.Flags(word: word) == nil {
        throw ValidationError("'\(word)' is none of signal, subflow, backup, fullmesh, laminar.")
      }
      if port != nil, !words.contains("signal") { throw ValidationError("--port goes with signal only.") }
    }

    func run() throws {
      try common.enter()
      guard let address = IPAddress(address) else { return }
      let flags = words.compactMap(PathEndpoint.Flags.init(word:)).reduce(into: PathEndpoint.Flags()) {
        $0.formUnion($1)
      }
      var index: Int32?
      if let interface {
        let number = if_nametoindex(interface)
        guard number > 0 else { throw Failure("there is no interface \(interface)") }
        index = Int32(truncatingIfNeeded: number)
      }
      var manager = try PathManager()
      try manager.add(PathEndpoint(address, flags: flags, port: port, interfaceIndex: index, id: id))
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove an endpoint; its paths are taken down.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "Its number or its address.") var endpoint: String

    func run() throws {
      try common.enter()
      var manager = try PathManager()
      if let id = UInt8(endpoint) {
        try manager.remove(id: id)
      } else if let address = IPAddress(endpoint) {
        try manager.remove(address)
      } else {
        throw ValidationError("'\(endpoint)' is neither a number from 1 to 255 nor an IP address.")
      }
    }
  }

  struct Flush: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove all endpoints.")
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.enter()
      var manager = try PathManager()
      try manager.flush()
    }
  }
}
