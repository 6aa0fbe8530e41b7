// swift-tools-version: 6.2
// The rooms of the house and what each may import; docs/architecture.md tells why.

import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "weftpd",
  products: [
    .executable(name: "weftpd", targets: ["weftpd"]),
    .library(name: "FTPProtocol", targets: ["FTPProtocol"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML", "Reloading"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CCrypt"),
    .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: settings),
    .target(name: "Reactor", dependencies: ["LinuxSystem"], swiftSettings: settings),
    .target(name: "Jail", dependencies: ["LinuxSystem", "FTPProtocol"], swiftSettings: settings),
    .target(name: "FTPProtocol", swiftSettings: settings),
    .target(name: "Accounts", dependencies: ["CCrypt", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "FTPServer",
      dependencies: [
        "FTPProtocol", "Accounts", "Jail", "Reactor", "LinuxSystem", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "DaemonSupport",
      dependencies: [
        "FTPServer", "Accounts",
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "weftpd",
      dependencies: [
        "DaemonSupport", "FTPServer", "Accounts", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
  ]
)
