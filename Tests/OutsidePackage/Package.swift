// swift-tools-version: 6.2
// A package of somebody else's that depends on the product FTPClient: it builds only if the product's interface is whole.

import PackageDescription

let package = Package(
  name: "outside",
  dependencies: [.package(name: "weftpd", path: "../..")],
  targets: [
    .executableTarget(
      name: "outside", dependencies: [.product(name: "FTPClient", package: "weftpd")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ])
