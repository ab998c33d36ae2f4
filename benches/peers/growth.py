"""How cost grows: CPU of a poll that ends as 304, and memory, against the number of feeds.

Prints a table and draws benches/peers/growth.svg. The polls a second stay the same, so that only the
number of feeds differs. Arguments as compare.py.
"""

import argparse
import os
import pathlib

import compare

HERE = pathlib.Path(__file__).parent

# Polls a second at every number of feeds.
RATE = 100

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 300, 60, 40


def points(options, counts):
    desk = compare.Desk(options)
    for count in counts:
        origin = compare.Origin(options.origin, ["-entries", "1", "-page", "4000"])
        try:
            # First polls are spread over half an interval at most; then one more interval is enough.
            interval = max(1, count // RATE)
            figures = compare.measure(desk, options, origin, "still", count, interval, 10, options.seconds)
        finally:
            origin.process.kill()
        print(f"| {count:,} | {figures['us']:.0f} | {figures['rss']:.0f} | {figures['peak']:.0f} |", flush=True)
        yield count, figures


def line(values, counts, colour):
    """A polyline over decades of feeds, scaled to the largest value."""
    top = max(values) * 1.15
    steps = len(counts) - 1 or 1
    places = [
        (LEFT + at * (WIDTH - 2 * LEFT) / steps, HEIGHT - BOTTOM - value / top * (HEIGHT - 2 * BOTTOM))
        for at, value in enumerate(values)
    ]
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    marks = "".join(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>' for x, y in places)
    texts = "".join(
        f'<text x="{x:.0f}" y="{y - 8:.0f}" text-anchor="middle" fill="{colour}">{value:.0f}</text>'
        for (x, y), value in zip(places, values)
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{texts}'


def drawn(counts, figures):
    steps = len(counts) - 1 or 1
    axis = "".join(
        f'<text x="{LEFT + at * (WIDTH - 2 * LEFT) / steps:.0f}" y="{HEIGHT - 15}" text-anchor="middle">{count:,}</text>'
        for at, count in enumerate(counts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - LEFT}" y2="{HEIGHT - BOTTOM}" stroke="#888"/>'
        f'<text x="{LEFT}" y="20" fill="#06c">CPU of a 304 poll, microseconds</text>'
        f'<text x="{WIDTH - LEFT}" y="20" text-anchor="end" fill="#c40">memory, MiB</text>'
        + line([one["us"] for one in figures], counts, "#06c")
        + line([one["rss"] for one in figures], counts, "#c40")
        + axis
        + "</svg>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--program", "--origin", "--brokers"):
        parser.add_argument(name, required=True)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--counts", default="100,1000,10000,100000")
    options = parser.parse_args()
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    counts = [int(count) for count in options.counts.split(",")]
    print("| feeds | 304 poll, us | memory, MiB | peak, MiB |\n|---|---|---|---|")
    figures = [one for _, one in points(options, counts)]
    (HERE / "growth.svg").write_text(drawn(counts, figures))


if __name__ == "__main__":
    main()
