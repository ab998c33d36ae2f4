#!/usr/bin/env python3
"""All scores in one table, beside those of the last release (`figures.json`).

    quality.py --cmd target/release/copydesk [--data FOLDER] [--write]

Without --data: what is in the repository, which is what CI runs. With it: a folder with `eval/` (development data and
scorers) and `field/` (cases by kind), and for the sites that the judge never learnt from the repositories named in
`train/judge/README.md` and its Python packages. Exits with 1 where a score is below the committed figure by more than
its allowance. --write puts the scores measured now in the place of the old ones.
"""
import argparse, json, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
FIGURES = HERE / "figures.json"
# Scores are shares; below the committed figure by more than this is a loss.
ALLOWANCE = 0.002


def run(command, stdin=None, timeout=3000):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout)
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def score(command):
    """The last SCORE line of a scorer."""
    out, errors = run(command)
    lines = [line for line in out.splitlines() if line.startswith("SCORE ")]
    if not lines:
        print(f"{command[1]}: no score: {errors.strip()[-300:]}", file=sys.stderr)
        return {}
    return {k: float(v) for k, v in (pair.split("=") for pair in lines[-1].split()[1:])}


def examples():
    """Texts of the rule packs: (language, text, whether it goes)."""
    for file in sorted((ROOT / "config/rules").glob("*.yaml")):
        for name, goes in (("removes", True), ("keeps", False)):
            for line in re.findall(rf"^    {name}: \[(.*)\]$", file.read_text("utf-8"), re.M):
                for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                    yield file.stem, text.replace('\\"', '"'), goes


def texts(file):
    """The lists of a file of lines, by name."""
    section, found = None, {}
    for line in file.read_text("utf-8").splitlines():
        head = re.match(r"(\w+):$", line)
        section = head[1] if head else section
        item = re.match(r"  - \"((?:[^\"\\]|\\.)*)\"$", line)
        if item and section:
            found.setdefault(section, []).append(item[1].replace('\\"', '"'))
    return found


def files():
    return {file.stem: texts(file) for file in sorted((ROOT / "tests/cases/clean/lines").glob("*.yaml"))}


def lines():
    """Lines of tests/cases/clean/lines: (language, text, whether it goes)."""
    for language, found in files().items():
        for name, goes in (("cut", True), ("keep", False)):
            for text in found.get(name, []):
                yield language, text, goes


def alone(cmd, cases):
    """Each text amid the neutral paragraphs of its language, without markup: how many of those that have to go do,
    how many of the others stay."""
    cases, prose = list(cases), {language: found["prose"] for language, found in files().items()}
    asked = []
    for n, (language, text, _) in enumerate(cases):
        around = [{"text": t} for t in prose.get(language, prose["en"])]
        document = {"id": str(n), "site": f"s{n}.example", "blocks": around[:2] + [{"text": text}] + around[2:]}
        asked.append(json.dumps(document | ({} if language == "any" else {"language": language})))
    out, _ = run([cmd, "clean", "--no-memory", "-"], "\n".join(asked).encode())
    gone = {d["id"]: d["decisions"][2]["removed"] for d in map(json.loads, out.splitlines())}
    share = lambda wanted: [gone.get(str(n)) == wanted for n, (*_, goes) in enumerate(cases) if goes == wanted]
    mean = lambda values: sum(values) / max(1, len(values))
    return {"removed": mean(share(True)), "kept": mean(share(False))}


def unread(cmd, data, scratch):
    """Labelled articles of sites that the judge never learnt from; apart, those that its doubt drew."""
    sys.path.insert(0, str(ROOT / "train/judge"))
    try:
        import material
    except ImportError as error:
        print(f"unread sites left out: {error}; pip install -r train/judge/requirements.txt", file=sys.stderr)
        return {}
    sys.setrecursionlimit(20000)
    drawn, scores = material.drawn(), {}
    sets = {name: [] for name in ("unread", "unread drawn", "fresh, read since", "fresh")}
    for a in [*material.labelled(data), *material.dev(data)]:
        if material.fold(a["site"]) == 4:
            sets["unread drawn" if (a["source"], a["id"]) in drawn else "unread"].append(a)
    for a in material.fresh(data):
        sets["fresh" if material.fold(a["site"]) >= 3 else "fresh, read since"].append(a)
    for name, articles in sets.items():
        path = pathlib.Path(scratch) / f"{name}.jsonl"
        path.write_text("".join(json.dumps(as_scored(a), ensure_ascii=False) + "\n" for a in articles), "utf-8")
        scorer = [sys.executable, str(data / "eval/score_cleaning.py"), str(path), "--cmd", cmd, "--no-memory"]
        scores |= {f"{name} html": score(scorer), f"{name} text": score([*scorer, "--blocks", "text"])}
    return scores


def as_scored(a):
    paragraphs = []
    for block, label in zip(a["blocks"], a["labels"]):
        if label is None:
            continue
        paragraph = {"text": block["text"], "label": "boilerplate" if label else "content", "kind": "ui"}
        if "tag" in block:
            names = (("tag", "tag"), ("link", "link_share"), ("bold", "bold_share"), ("hrefs", "hrefs"), ("chain", "classes"))
            paragraph["html"] = {to: block[name] for to, name in names if name in block}
        paragraphs.append(paragraph)
    return {"site": a["site"], "article_id": f"{a['source']} {a['id']}", "lang": a["lang"], "title": a["title"] or "",
            "source": a["source"], "extraction": "raw", "selection": "random", "url": "", "paragraphs": paragraphs}


def with_data(cmd, data, scratch):
    eval_, python = data / "eval", sys.executable
    scores = {
        "dev html": score([python, f"{eval_}/score_cleaning.py", f"{eval_}/cleaning/dev.jsonl", "--cmd", cmd]),
        "dev text": score([python, f"{eval_}/score_cleaning.py", f"{eval_}/cleaning/dev.jsonl", "--cmd", cmd, "--blocks", "text"]),
        **unread(cmd, data, scratch),
        "pages": score([python, f"{eval_}/score_extraction.py", f"{eval_}/extraction", "--cmd", cmd]),
        "strings": score([python, f"{eval_}/score_extraction.py", f"{eval_}/extraction/strings-dev.tar.gz", "--cmd", cmd]),
        "wcxb": score([python, f"{eval_}/score_wcxb.py", f"{eval_}/extraction/wcxb-dev.tar.xz", "--cmd", cmd]),
        "feeds": score([python, f"{eval_}/score_feeds.py", "--suite", f"{eval_}/feeds/feedparser-tests.tar.gz",
                        "--wild", f"{eval_}/feeds/wild-dev.json", "--cmd", cmd]),
    }
    if (data / "field/text/run.py").exists():
        field = score([python, f"{data}/field/text/run.py", "--cmd", cmd])
        scores["field text"] = {"passed": field.get("passed", 0) / max(1, field.get("total", 1))} if field else {}
    return scores


SHOWN = {
    "packs": ("removed", "kept"), "lines": ("removed", "kept"), "field text": ("passed",),
    "pages": ("f1", "F1", "precision", "recall", "accuracy"), "strings": ("f1", "F1", "title", "author", "no_author", "date"),
    "wcxb": ("article", "documentation", "forum", "all"), "feeds": ("files", "expectations", "core", "wild"),
}
CLEANING = ("precision", "core", "content_kept", "chars_kept", "hard_kept", "undamaged")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmd", required=True)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    cmd = str(pathlib.Path(args.cmd).resolve())
    known = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        scores = {"packs": alone(cmd, examples()), "lines": alone(cmd, lines())}
        scores |= with_data(cmd, args.data.resolve(), scratch) if args.data else {}
    lost = 0
    print(f"{'what':14} {'score':14} {'now':>8} {'before':>8}")
    for name, values in scores.items():
        for key in SHOWN.get(name, CLEANING):
            if key not in values:
                continue
            now, before = values[key], known.get(name, {}).get(key)
            worse = before is not None and now < before - ALLOWANCE
            lost += worse
            known.setdefault(name, {})
            if args.write:
                known[name][key] = round(now, 4)
            print(f"{name:14} {key:14} {now:8.4f} {'' if before is None else f'{before:8.4f}':>8} {'WORSE' if worse else ''}")
    if args.write:
        FIGURES.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    elif lost:
        sys.exit(f"{lost} scores are below {FIGURES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
