#!/usr/bin/env python3
"""Records `copydesk demo --once` in a terminal of 100 columns as docs/images/demo.svg, or checks what is recorded.

    docs/images/demo.py PROGRAM            writes demo.svg anew: the first articles of a run, then its last line
    docs/images/demo.py --check PROGRAM    exit 1 if a recorded title, paragraph or removed line is none of today's

What differs from run to run is left out of the check: digits, tags, and which of two rules was the first to know a line.

Lines are shown more slowly than they came, so that they can be read; nothing else is changed.
"""

import html
import os
import pathlib
import pty
import re
import struct
import sys
import fcntl
import termios

FILE = pathlib.Path(__file__).with_name("demo.svg")
COLUMNS, ROWS = 100, 26
# Articles in English, and in other languages.
ARTICLES = (3, 2)
CELL, LINE, MARGIN = 8.6, 19, 16
# Seconds for a line, and how long an article stays before the next begins.
PACE, PAUSE = 0.12, 1.6
# What the program's escape sequences are in the picture's style sheet.
STYLES = {"1": "b", "2": "d", "33": "y", "36": "c", "9;31": "r"}
STYLE = """
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6deeb;white-space:pre}
.b{font-weight:bold;fill:#fff}.d{fill:#8a94a6}.c{fill:#5cc8d7}.y{fill:#e6c15c}.r{fill:#ff7b72;text-decoration:line-through}
"""


def run(program):
    """What the demo prints to a terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("NO_COLOR", None)
        os.execvp(program, [program, "demo", "--once"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    printed = b""
    try:
        while chunk := os.read(terminal, 65536):
            printed += chunk
    except OSError:  # Linux says so when the program has ended
        pass
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(f"{program} demo --once ended with {status}")
    return printed.decode().replace("\r", "").rstrip("\n").split("\n")


def plain(line):
    return re.sub(r"\x1b\[[\d;]*m", "", line)


def chosen(lines):
    """The start, articles that are no copy of another (the ids of stories differ each time), the end."""
    starts = [number for number, line in enumerate(lines) if line.startswith("\x1b[1m")]
    articles = sorted(lines[start:end] for start, end in zip(starts, starts[1:]))
    whole = ["\n".join(article) for article in articles]
    told = [text for text in whole if "same story as" not in text and "\x1b[9;31m" in text]
    english = [text for text in told if " en 100 %" in text]
    others = [text for text in told if text not in english]
    shown = english[:ARTICLES[0]] + others[:ARTICLES[1]]
    return lines[:starts[0]] + "\n".join(shown).split("\n") + ["\x1b[2m[…]\x1b[0m", "", lines[-1]]


def spans(line):
    """A line as SVG."""
    parts, style = [], None
    for number, part in enumerate(re.split(r"\x1b\[([\d;]*)m", line)):
        if number % 2:
            style = STYLES[part] if part != "0" else None
        elif part:
            text = html.escape(part, quote=False)
            parts.append(f'<tspan class="{style}">{text}</tspan>' if style else text)
    return "".join(parts)


def times(lines):
    """When each line comes that does not fit the first screen, in seconds, and when all begins again."""
    at, moments = 2.5, []
    for line in lines[ROWS:]:
        at += PAUSE if line.startswith("\x1b[1m") else PACE
        moments.append(at)
    return moments, at + 5


def picture(lines):
    moments, end = times(lines)
    frames = ["0%{transform:none}"]
    frames += [f"{moment / end:.3%}{{transform:translateY({-LINE * (number + 1)}px)}}" for number, moment in enumerate(moments)]
    width, height = COLUMNS * CELL + 2 * MARGIN, ROWS * LINE + 2 * MARGIN
    rows = [
        f'<text x="{MARGIN}" y="{MARGIN + LINE * number + 14}">{spans(line)}</text>'
        for number, line in enumerate(lines) if line
    ]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" xml:lang="en">',
        "<title>A run of copydesk demo --once in a terminal</title>",
        f"<style>{STYLE}@media(prefers-reduced-motion:no-preference){{.s{{animation:s {end:.1f}s step-end infinite}}}}",
        "@keyframes s{" + "".join(frames) + "}</style>",
        f'<rect width="100%" height="100%" rx="8" fill="#10151f"/><clipPath id="w"><rect x="0" y="{MARGIN}" '
        f'width="{width:.0f}" height="{ROWS * LINE}"/></clipPath>',
        '<g clip-path="url(#w)"><g class="s">',
        *rows,
        "</g></g></svg>",
        "",
    ])


def recorded():
    """Titles, paragraphs and removed lines of the picture, and what else has no colour of its own."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>", FILE.read_text(encoding="utf-8"))
    lines = [line for line in lines if 'class="d"' not in line and 'class="c"' not in line]
    return [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in lines]


def same(line):
    return re.sub(r"\d+", "0", line).strip("✂ ")


def check(lines):
    known = {same(plain(line)) for line in lines} | {"$ copydesk demo --once"}
    shown = recorded()
    old = [line for line in shown if same(line) not in known]
    if old or len(shown) < ROWS:
        sys.exit("\n".join(["docs/images/demo.svg shows what the demo no longer prints: run docs/images/demo.py", *old]))
    print(f"the recorded terminal shows what the demo prints: {len(shown)} lines")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    lines = run(sys.argv[-1])
    if sys.argv[1] == "--check":
        check(lines)
    else:
        FILE.write_text(picture(["$ copydesk demo --once", *chosen(lines)]), encoding="utf-8")
        print(f"{FILE}: {FILE.stat().st_size} bytes")


main()
