// The entry point of all tests. They use swift-testing only: with an entry point of our own no XCTest is looked for, which would
// need an index of every source.

import Testing

@main struct Tests {
  static func main() async {
    // `swift test` runs the bundle once for each testing library it knows, and names this one.
    let arguments = CommandLine.arguments
    guard zip(arguments, arguments.dropFirst()).contains(where: { $0 == ("--testing-library", "swift-testing") }) else {
      return
    }
    await Testing.__swiftPMEntryPoint() as Never
  }
}
