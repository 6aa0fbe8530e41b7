// Tests of the sorted names of a directory.

import Testing

@testable import FTPServer

@Suite struct NameListTests {
  private func list(_ names: [[UInt8]]) -> NameList {
    var list = NameList()
    for name in names { name.withUnsafeBytes { list.append($0) } }
    return list
  }

  private func names(_ list: NameList) -> [[UInt8]] {
    (0..<list.count).map { list.withName($0) { Array($0) } }
  }

  @Test func keepsNamesAsTheyCame() {
    let input: [[UInt8]] = [[0x62], [0xFF, 0x0A], Array("a name".utf8), [0x61]]
    #expect(names(list(input)) == input)
    #expect(list([]).count == 0)
  }

  @Test func sortsByUnsignedBytes() {
    var random = SystemRandomNumberGenerator()
    var input: [[UInt8]] = [[0x80], [0x7F], [0xFF], [0x01], Array("a".utf8), Array("ab".utf8), Array("A".utf8)]
    for _ in 0..<500 {
      input.append((0..<Int.random(in: 1...20)).map { _ in UInt8.random(in: 1...255, using: &random) })
    }
    var list = list(input)
    list.sort()
    #expect(names(list) == input.sorted { $0.lexicographicallyPrecedes($1) })
    list.reverse()
    #expect(names(list) == input.sorted { $1.lexicographicallyPrecedes($0) })
  }

  @Test func sortsByKeysTheHighestFirstAndKeepsTheRest() {
    var list = list([[0x61], [0x62], [0x63], [0x64]])
    list.sort(descendingBy: [5, 9, 5, .min])
    #expect(names(list) == [[0x62], [0x61], [0x63], [0x64]])
  }

  @Test func sortingNothingIsNothing() {
    var list = NameList()
    list.sort()
    list.sort(descendingBy: [])
    list.reverse()
    #expect(list.count == 0)
  }

  @Test func aNULFollowsEachName() {
    let list = list([[0x61, 0x62], [0x63]])
    for index in 0..<list.count {
      list.withName(index) { name in
        let after = name.baseAddress?.load(fromByteOffset: name.count, as: UInt8.self)
        #expect(after == 0)
      }
    }
  }
}
