// The name that somebody meant who wrote another: the nearest of those that exist.

/// The name closest to `name`. One with dots also counts as near when only its last part is: `ports` is near `passive.ports`.
///
/// - Returns: nil if there are no candidates.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  // Long enough for every key; keeps the work bounded for whatever was written.
  let name = Array(name.lowercased().utf8.prefix(64))
  func distance(_ candidate: String) -> Int {
    let whole = editDistance(name, Array(candidate.lowercased().utf8.prefix(255)))
    guard let dot = candidate.lastIndex(of: ".") else { return whole }
    return min(whole, 1 + editDistance(name, Array(candidate[candidate.index(after: dot)...].utf8.prefix(255))))
  }
  return candidates.map { ($0, distance($0)) }.min { $0.1 < $1.1 }?.0
}

/// Levenshtein's distance; two neighbouring letters swapped count once, because that is how people mistype.
public func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  if a.isEmpty || b.isEmpty { return a.count + b.count }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...b.count {
      let cost = a[i - 1] == b[j - 1] ? 0 : 1
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
