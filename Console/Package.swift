// swift-tools-version: 6.2
// The console in the browser, a package of its own so that weftpd is built without an HTTP framework.

import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "weftpd-console",
  products: [.executable(name: "weftpd-console", targets: ["weftpd-console"])],
  dependencies: [
    .package(name: "weftpd", path: ".."),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // Hummingbird stands on these; they bring nothing that it does not.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
  ],
  targets: [
    .target(
      name: "ConsoleServer",
      dependencies: [
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "ControlAccess", package: "weftpd"), .product(name: "FTPClient", package: "weftpd"),
        .product(name: "FTPProtocol", package: "weftpd"), .product(name: "LinuxSystem", package: "weftpd"),
        .product(name: "SafeText", package: "weftpd"), .product(name: "TransportSecurity", package: "weftpd"),
        .product(name: "WeftVersion", package: "weftpd"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "weftpd-console",
      dependencies: [
        "ConsoleServer", .product(name: "FTPClient", package: "weftpd"),
        .product(name: "LinuxSystem", package: "weftpd"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ConsoleServerTests",
      dependencies: [
        "ConsoleServer", .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "LinuxSystem", package: "weftpd"), .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
  ]
)
