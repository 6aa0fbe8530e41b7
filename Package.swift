// swift-tools-version: 6.2
// The rooms of the house and what each may import; docs/architecture.md tells why.

import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "weftpd",
  products: [
    .executable(name: "weftpd", targets: ["weftpd"]),
    .executable(name: "weftpd-authd", targets: ["weftpd-authd"]),
    .executable(name: "weftpd-hooks", targets: ["weftpd-hooks"]),
    .executable(name: "mptcpctl", targets: ["mptcpctl"]),
    .executable(name: "weftp", targets: ["weftp"]),
    .library(name: "FTPProtocol", targets: ["FTPProtocol"]),
    .library(name: "MultipathTCP", targets: ["MultipathTCP"]),
    .library(name: "FTPClient", targets: ["FTPClient"]),
    // For the package in Console/ only.
    .library(name: "ControlAccess", targets: ["ControlAccess", "ControlProtocol"]),
    .library(name: "LinuxSystem", targets: ["LinuxSystem"]),
    .library(name: "SafeText", targets: ["SafeText"]),
    .library(name: "TransportSecurity", targets: ["TransportSecurity"]),
    .library(name: "WeftVersion", targets: ["WeftVersion"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CCrypt"),
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CCap"),
    .systemLibrary(name: "CYAML"),
    .systemLibrary(name: "CSQLite"),
    .target(name: "CPostgres"),
    .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CPAM", linkerSettings: [.linkedLibrary("pam")]),
    .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: settings),
    .target(name: "Reactor", dependencies: ["LinuxSystem"], swiftSettings: settings),
    .target(name: "WeftVersion", swiftSettings: settings),
    .target(name: "Bandwidth", swiftSettings: settings),
    .target(name: "Quotas", swiftSettings: settings),
    .target(name: "SQLiteQuotas", dependencies: ["CSQLite", "LinuxSystem", "Quotas"], swiftSettings: settings),
    .target(name: "CMultipath"),
    .target(name: "MultipathTCP", dependencies: ["CLinux", "CMultipath", "LinuxSystem"], swiftSettings: settings),
    .executableTarget(
      name: "mptcpctl",
      dependencies: [
        "MultipathTCP", "LinuxSystem", "WeftVersion",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(
      name: "Jail", dependencies: ["LinuxSystem", "FTPProtocol"],
      swiftSettings: settings + [.define("WEFT_TEST_HOOKS", .when(configuration: .debug))]),
    .target(name: "FTPProtocol", dependencies: ["CZlib"], swiftSettings: settings),
    .target(name: "TransportSecurity", dependencies: ["COpenSSL", "CZlib", "LinuxSystem"], swiftSettings: settings),
    .target(name: "AuthenticationProtocol", swiftSettings: settings),
    .executableTarget(
      name: "weftpd-authd", dependencies: ["AuthenticationProtocol", "CPAM", "LinuxSystem", "WeftVersion"],
      swiftSettings: settings),
    .target(name: "YAMLDocument", dependencies: ["CYAML"], swiftSettings: settings),
    .target(
      name: "Accounts",
      dependencies: ["CCrypt", "AuthenticationProtocol", "FTPProtocol", "LinuxSystem", "YAMLDocument"],
      swiftSettings: settings),
    .target(name: "SQLiteAccounts", dependencies: ["CSQLite", "Accounts", "LinuxSystem"], swiftSettings: settings),
    .target(name: "PostgresClient", dependencies: ["CPostgres", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "PostgresAccounts", dependencies: ["PostgresClient", "Accounts", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "PostgresQuotas", dependencies: ["PostgresClient", "LinuxSystem", "Quotas"], swiftSettings: settings),
    .target(name: "PostgresBans", dependencies: ["PostgresClient", "Bans", "LinuxSystem"], swiftSettings: settings),
    .target(name: "HTTPClient", dependencies: ["LinuxSystem", "TransportSecurity"], swiftSettings: settings),
    .target(
      name: "ExternalAccounts",
      dependencies: ["Accounts", "AuthenticationProtocol", "HTTPClient", "LinuxSystem", "TransportSecurity"],
      swiftSettings: settings),
    .target(
      name: "FTPTransfer",
      dependencies: ["Bandwidth", "FTPProtocol", "LinuxSystem", "MultipathTCP", "TransportSecurity"],
      swiftSettings: settings),
    .target(name: "UploadStore", dependencies: ["FTPProtocol", "Jail", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "FTPServer",
      dependencies: [
        "FTPProtocol", "FTPTransfer", "UploadStore", "Accounts", "Jail", "MultipathTCP", "TransportSecurity", "Reactor",
        "Bandwidth", "Quotas", "LinuxSystem",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "FTPClient",
      dependencies: [
        "Bandwidth", "FTPProtocol", "FTPTransfer", "MultipathTCP", "TransportSecurity", "Reactor", "LinuxSystem",
        "CLinux",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "weftp",
      dependencies: [
        "FTPClient", "FTPProtocol", "MultipathTCP", "TransportSecurity", "LinuxSystem", "WeftVersion",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .target(name: "SafeText", swiftSettings: settings),
    .target(name: "ControlProtocol", swiftSettings: settings),
    .target(name: "ControlAccess", dependencies: ["ControlProtocol", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "OpenMetrics", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: settings),
    .target(
      name: "ServerMetrics",
      dependencies: [
        "OpenMetrics", "FTPServer", "FTPTransfer", "MultipathTCP", "LinuxSystem",
        .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "ControlSocket",
      dependencies: [
        "ControlAccess", "ControlProtocol", "FTPServer", "ServerLog", "LinuxSystem", "MultipathTCP", "SafeText",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(name: "Bans", dependencies: ["LinuxSystem"], swiftSettings: settings),
    .target(
      name: "ServerLog",
      dependencies: ["FTPServer", "LinuxSystem", "SafeText", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings),
    .target(
      name: "Hooks",
      dependencies: [
        "Bans", "FTPProtocol", "FTPServer", "LinuxSystem", "SafeText", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "weftpd-hooks", dependencies: ["CCurl", "LinuxSystem", "WeftVersion"], swiftSettings: settings),
    .target(
      name: "DaemonSettings",
      dependencies: [
        "FTPServer", "ServerLog", "ServerMetrics", "Accounts", "Bans", "Hooks", "FTPProtocol", "LinuxSystem",
        "MultipathTCP", "SafeText", "TransportSecurity", "YAMLDocument",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(
      name: "Privileges", dependencies: ["DaemonSettings", "CCap", "LinuxSystem", "SafeText"], swiftSettings: settings),
    .target(
      name: "DaemonSupport",
      dependencies: [
        "DaemonSettings", "Privileges", "ControlProtocol", "ControlSocket", "ServerLog", "FTPServer", "FTPProtocol",
        "Accounts", "SQLiteAccounts", "PostgresAccounts", "PostgresClient", "PostgresQuotas", "PostgresBans",
        "ExternalAccounts", "HTTPClient", "Bans", "Hooks", "Quotas", "SQLiteQuotas",
        "LinuxSystem", "MultipathTCP", "SafeText", "TransportSecurity", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "weftpd",
      dependencies: [
        "DaemonSupport", "DaemonSettings", "Privileges", "ControlProtocol", "ControlSocket", "OpenMetrics",
        "ServerMetrics", "ServerLog", "FTPServer", "Accounts", "SQLiteAccounts", "PostgresAccounts",
        "ExternalAccounts", "HTTPClient", "Bans", "Hooks", "LinuxSystem", "MultipathTCP", "SafeText",
        "Quotas", "SQLiteQuotas", "PostgresClient", "PostgresQuotas", "PostgresBans", "TransportSecurity",
        "WeftVersion",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),

    // Units: one test target for each target above.
    .testTarget(name: "BandwidthTests", dependencies: ["Bandwidth"], swiftSettings: settings),
    .testTarget(name: "QuotasTests", dependencies: ["Quotas", "SQLiteQuotas", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PostgresQuotasTests",
      dependencies: ["PostgresQuotas", "PostgresClient", "Quotas", "LinuxSystem", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "PostgresBansTests",
      dependencies: ["PostgresBans", "PostgresClient", "Bans", "LinuxSystem", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "LinuxSystemTests", dependencies: ["LinuxSystem", "UnitSupport", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ReactorTests", dependencies: ["Reactor", "LinuxSystem", "UnitSupport"], swiftSettings: settings),
    .testTarget(
      name: "MultipathTCPTests",
      dependencies: ["MultipathTCP", "mptcpctl", "LinuxSystem", "CLinux", "NetworkSupport", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "JailTests", dependencies: ["Jail", "FTPProtocol", "LinuxSystem", "CLinux", "UnitSupport", "TestSupport"],
      swiftSettings: settings),
    .testTarget(name: "FTPProtocolTests", dependencies: ["FTPProtocol"], swiftSettings: settings),
    .testTarget(
      name: "TransportSecurityTests", dependencies: ["TransportSecurity", "COpenSSL", "LinuxSystem", "TestSupport"],
      swiftSettings: settings),
    .testTarget(name: "YAMLDocumentTests", dependencies: ["YAMLDocument"], swiftSettings: settings),
    .testTarget(
      name: "AccountsTests",
      dependencies: ["Accounts", "FTPProtocol", "LinuxSystem", "UnitSupport", "TestSupport", "YAMLDocument"],
      swiftSettings: settings),
    .testTarget(
      name: "SQLiteAccountsTests", dependencies: ["SQLiteAccounts", "Accounts", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "PostgresAccountsTests", dependencies: ["PostgresAccounts", "PostgresClient", "Accounts", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "HTTPClientTests", dependencies: ["HTTPClient", "TransportSecurity", "LinuxSystem", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "ExternalAccountsTests",
      dependencies: ["ExternalAccounts", "Accounts", "weftpd", "LinuxSystem", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "FTPTransferTests",
      dependencies: [
        "FTPTransfer", "Bandwidth", "FTPProtocol", "MultipathTCP", "LinuxSystem", "Reactor", "UnitSupport",
        "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "UploadStoreTests", dependencies: ["UploadStore", "Jail", "FTPProtocol", "LinuxSystem", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "FTPServerTests",
      dependencies: [
        "FTPServer", "FTPTransfer", "FTPProtocol", "Accounts", "Bandwidth", "Jail", "MultipathTCP", "TransportSecurity",
        "Reactor", "LinuxSystem", "UnitSupport", "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "FTPClientTests",
      dependencies: [
        "FTPClient", "FTPServer", "FTPTransfer", "FTPProtocol", "Accounts", "MultipathTCP", "TransportSecurity",
        "LinuxSystem",
        "TestSupport", .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["Session/truncating_server.py", "Segments/dropping_server.py"],
      swiftSettings: settings),
    .testTarget(
      name: "WeftpTests",
      dependencies: [
        "weftp", "weftpd", "FTPClient", "FTPProtocol", "LinuxSystem", "WeftVersion", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .testTarget(name: "ControlProtocolTests", dependencies: ["ControlProtocol"], swiftSettings: settings),
    .testTarget(
      name: "ControlSocketTests",
      dependencies: ["ControlSocket", "ControlProtocol", "LinuxSystem", "weftpd", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "OpenMetricsTests",
      dependencies: ["OpenMetrics", .product(name: "CoreMetrics", package: "swift-metrics")], swiftSettings: settings),
    .testTarget(
      name: "ServerMetricsTests", dependencies: ["ServerMetrics", "OpenMetrics", "FTPServer", "weftpd", "TestSupport"],
      exclude: ["weftpd_rules_test.yml"], swiftSettings: settings),
    .testTarget(
      name: "HooksTests",
      dependencies: [
        "Hooks", "weftpd-hooks", "weftpd", "Bans", "FTPServer", "LinuxSystem", "UnitSupport", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["receiver.py"], swiftSettings: settings),
    .testTarget(
      name: "BansTests", dependencies: ["Bans", "LinuxSystem", "UnitSupport", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "SafeTextTests", dependencies: ["SafeText", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ServerLogTests",
      dependencies: [
        "ServerLog", "FTPServer", "LinuxSystem", "UnitSupport", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DaemonSettingsTests",
      dependencies: ["DaemonSettings", "FTPServer", "LinuxSystem", "SafeText", "TestSupport", "YAMLDocument"],
      swiftSettings: settings),
    .testTarget(
      name: "PrivilegesTests", dependencies: ["Privileges", "DaemonSettings", "LinuxSystem"], swiftSettings: settings),
    .testTarget(
      name: "DaemonSupportTests",
      dependencies: [
        "DaemonSupport", "DaemonSettings", "ServerLog", "FTPServer", "Accounts", "Bans", "LinuxSystem", "UnitSupport",
        "TestSupport", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "WeftpdTests", dependencies: ["weftpd", "ControlProtocol", "WeftVersion", "TestSupport", "UnitSupport"],
      swiftSettings: settings),

    // What tests share: TestSupport knows nothing of Sources, UnitSupport descriptors, NetworkSupport made-up hosts.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "UnitSupport", dependencies: ["TestSupport", "LinuxSystem"], path: "Tests/UnitSupport",
      swiftSettings: settings),
    .target(
      name: "NetworkSupport", dependencies: ["TestSupport", "MultipathTCP", "LinuxSystem"],
      path: "Tests/NetworkSupport", swiftSettings: settings),

    // Black boxes: they start the real weftpd.
    .testTarget(
      name: "ConversationTests", dependencies: ["TestSupport", "weftpd"], swiftSettings: settings),
    .testTarget(
      name: "InteropTests", dependencies: ["TestSupport", "weftpd"],
      exclude: ["Clients", "block_mode.py", "deflate_mode.py"],
      swiftSettings: settings),
    .testTarget(
      name: "SystemTests", dependencies: ["TestSupport", "weftpd", "FTPProtocol"], swiftSettings: settings),
    .testTarget(
      name: "PrivilegeTests", dependencies: ["TestSupport", "weftpd", "weftpd-authd", "Accounts", "LinuxSystem"],
      swiftSettings: settings),
    .testTarget(
      name: "AuthenticationTests", dependencies: ["AuthenticationProtocol", "Accounts", "LinuxSystem", "weftpd-authd"],
      swiftSettings: settings),
    .testTarget(
      name: "MultipathTests",
      dependencies: ["NetworkSupport", "TestSupport", "weftpd", "weftp", "MultipathTCP", "LinuxSystem"],
      swiftSettings: settings),
  ]
)
