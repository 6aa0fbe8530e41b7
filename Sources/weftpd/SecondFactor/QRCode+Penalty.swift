// How hard a masked QR code is to read (ISO/IEC 18004, section 7.8.3): the mask with the lowest penalty is taken.

extension QRCode {
  /// The sum of the four penalties: runs, blocks, patterns that look like finders, imbalance.
  var penalty: Int {
    let rows = (0..<size).map { row in (0..<size).map { self[$0, row] } }
    let columns = (0..<size).map { column in (0..<size).map { self[column, $0] } }
    let lines = (rows + columns).reduce(0) { $0 + Self.runs(in: $1) + Self.finders(in: $1) }
    var blocks = 0
    for (upper, lower) in zip(rows, rows.dropFirst()) {
      for column in 0..<size - 1 {
        let corners = [upper[column], upper[column + 1], lower[column], lower[column + 1]]
        if Set(corners).count == 1 { blocks += 3 }
      }
    }
    let dark = rows.joined().reduce(0) { $0 + ($1 ? 1 : 0) }
    let imbalance = abs(dark * 20 - size * size * 10) / (size * size) * 10
    return lines + blocks + imbalance
  }

  /// Three points for five equal modules in a row, and one for each further.
  private static func runs(in line: [Bool]) -> Int {
    var points = 0
    var length = 0
    var previous: Bool?
    for module in line {
      length = module == previous ? length + 1 : 1
      previous = module
      if length == 5 { points += 3 } else if length > 5 { points += 1 }
    }
    return points
  }

  /// Forty points for each 1:1:3:1:1 of dark and light with four light modules on one side. Outside the code all is light.
  private static func finders(in line: [Bool]) -> Int {
    let quiet = [Bool](repeating: false, count: 4)
    let finder = [true, false, true, true, true, false, true]
    let padded = quiet + line + quiet
    var points = 0
    for start in 0...(padded.count - 11) {
      let window = padded[start..<start + 11]
      if window.elementsEqual(finder + quiet) || window.elementsEqual(quiet + finder) { points += 40 }
    }
    return points
  }
}
