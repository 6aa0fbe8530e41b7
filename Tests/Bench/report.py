"""Turns the measured rounds into medians, ranges and ratios, and prints them as plain text tables."""

import statistics

from servers import FLOORS, PEERS

SUBJECT = "weftpd"


def number(value):
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value else "0"


def ratio(metric, ours, theirs):
    """Round by round, how much better the first is than the second (above 1: better); the median of that."""
    pairs = [(a, b) for a, b in zip(ours, theirs) if a is not None and b is not None]
    ratios = [(b / a if metric.lower else a / b) for a, b in pairs if a > 0 and b > 0]
    return statistics.median(ratios) if ratios else None


def present(values):
    return [value for value in values if value is not None]


def best_peer(metric, series):
    """The peer with the best median among those that finished the row; None when there is none."""
    medians = {name: statistics.median(present(series[name])) for name in PEERS if present(series.get(name, []))}
    if not medians:
        return None
    return (min if metric.lower else max)(medians, key=medians.get)


def eligible(row, data):
    """A peer that turned part of a burst away is not the one to beat."""
    if row.kind != "burst":
        return data
    return {name: rounds for name, rounds in data.items()
            if name not in PEERS or all(figures.get("share", 0) >= 99.9 for figures in rounds)}


def compared(row):
    return [metric for metric in row.metrics if metric.compared]


def series_of(data, metric):
    return {name: [figures.get(metric.name) for figures in rounds] for name, rounds in data.items()}


def print_row(row, data, problems, out=print):
    out(f"\n{row.name}: {row.title}")
    reference = SUBJECT if SUBJECT in data else None
    head = f"  {'':13}" + "".join(f"{metric.unit:>30}" for metric in row.metrics)
    if reference:
        head += "   " + " ".join(f"{metric.unit.split()[0] + ' ×':>9}" for metric in compared(row))
    out(head)
    for name, rounds in data.items():
        line = f"  {name:13}"
        for metric in row.metrics:
            values = present([figures.get(metric.name) for figures in rounds])
            if not values:
                line += f"{'–':>30}"
                continue
            spread = f"({number(min(values))}–{number(max(values))})"
            line += f"{number(statistics.median(values)):>11} {spread:<18}"
        if reference and name != reference:
            line += "   "
            for metric in compared(row):
                series = series_of(data, metric)
                value = ratio(metric, series[reference], series[name])
                line += f"{f'{value:.2f}' if value else '–':>9} "
        if name in problems:
            line += "  ! " + problems[name]
        out(line.rstrip())


def summary(rows, results):
    """One line per row and metric: the best peer, our ratio to it, and to the floors. A list of dictionaries."""
    lines = []
    for row in rows:
        data = results.get(row.name)
        if not data or SUBJECT not in data:
            continue
        for metric in compared(row):
            series = series_of(eligible(row, data), metric)
            if not present(series[SUBJECT]):
                continue
            best = best_peer(metric, series)
            lines.append({
                "row": row.name, "metric": metric.unit, "best": best,
                "ours": statistics.median(present(series[SUBJECT])),
                "theirs": statistics.median(present(series[best])) if best else None,
                "ratio": ratio(metric, series[SUBJECT], series[best]) if best else None,
                "floors": {name: ratio(metric, series[name], series[SUBJECT]) for name in FLOORS if name in series},
            })
    return lines


def print_summary(lines, out=print):
    if not lines:
        return
    out("\nSummary: weftpd against the best peer (above 1: weftpd is better; the median of the round-by-round ratios),")
    out("and how many times the floor's figure it is away from it (1.00: on the floor).")
    out(f"  {'row':18} {'':13} {'weftpd':>9}  {'best peer':22} {'ratio':>6}   {'×floor':>6} {'×leased':>7}")
    for line in lines:
        best = f"{line['best']} {number(line['theirs'])}" if line["best"] else "–"
        against = f"{line['ratio']:.2f}" if line["ratio"] else "–"
        floors = [line["floors"].get(name) for name in FLOORS]
        text = [f"{value:.2f}" if value else "–" for value in floors]
        short = "  short" if line["ratio"] and line["ratio"] < 1 else ""
        out(f"  {line['row']:18} {line['metric']:13} {number(line['ours']):>9}  {best:22} {against:>6}   "
            f"{text[0]:>6} {text[1]:>7}{short}")


# (what is told, the better-off side, the other side)
MULTIPATH_PAIRS = [
    ("a multipath listener costs a TCP client", "weftpd", "weftpd-tcp"),
    ("a multipath client beside a TCP client", "weftpd-mptcp", "weftpd"),
    ("the same for the bare floor: the kernel's part", "floor-mptcp", "floor"),
]


# The same, where both sides do the same.
REPLACING_PAIRS = [
    ("both replace the file when the new one is whole", "weftpd", "pure-ftpd-atomic"),
    ("both write into the file", "weftpd-direct", "pure-ftpd"),
    ("what it costs weftpd to replace it", "weftpd", "weftpd-direct"),
    ("what it costs Pure-FTPd", "pure-ftpd-atomic", "pure-ftpd"),
]


def print_multipath(rows, results, out=print):
    """What multipath TCP costs, as ratios round by round: 1.00 is nothing, above 1 is better with it."""
    title = "Multipath TCP on one path, over loopback (1.00: it costs nothing; below: it costs)"
    print_pairs(title, MULTIPATH_PAIRS, [row for row in rows if row.multipath and row.name in results], results, out)


def print_replacing(rows, results, out=print):
    """What it costs that an upload is complete or absent, beside the peer that can do it as well."""
    title = "Uploads over a file that is there: weftpd beside Pure-FTPd (above 1: the first one is better)"
    print_pairs(title, REPLACING_PAIRS, [row for row in rows if row.replaces and row.name in results], results, out)


def print_pairs(title, pairs, table, results, out):
    if not any(pair[1] in results[row.name] and pair[2] in results[row.name] for row in table for pair in pairs):
        return
    out(f"\n{title}")
    out(f"  {'':48}" + "".join(f"{row.name + ' ' + kind:>22}" for row in table for kind in ("rate", "CPU")))
    for title, ours, theirs in pairs:
        line = f"  {title:48}"
        for row in table:
            for metric in row.metrics[:2]:
                series = series_of(results[row.name], metric)
                value = ratio(metric, series[ours], series[theirs]) if ours in series and theirs in series else None
                line += f"{f'{value:.2f}' if value else '–':>22}"
        out(line)


def print_calls(names, table, goals, out=print):
    """table: {operation: {server: calls for one operation}}"""
    if not table:
        return
    out("\nSystem calls of the server for one operation (strace -f)")
    out(f"  {'':26}" + "".join(f"{name:>13}" for name in names) + f"{'goal':>8}")
    for title, counts in table.items():
        goal = goals.get(title)
        mark = "  over" if goal and counts.get(SUBJECT) and counts[SUBJECT] > goal else ""
        cells = "".join(f"{f'{counts[name]:.1f}' if name in counts else '–':>13}" for name in names)
        out(f"  {title:26}{cells}{f'≤ {goal}' if goal else '':>8}{mark}")
