#!/usr/bin/env python3
"""Trains the judge of `src/clean/judge` and writes its model file.

    fit.py --data FOLDER --program target/debug/copydesk --out src/clean/judge/model.bin

The program says what a block is made of (`clean --features`), so nothing of it is restated here. First two sums over
hashed buckets (words and letters; markup) are fitted, each block scored by sums that did not see its site; then trees
over these, the look, the place and the neighbours. Sites of fold 4 are never learnt from: the figures at the end are
of them. One thread and fixed seeds: the same file twice.
"""
import argparse, collections, datetime, hashlib, json, pathlib, struct, subprocess, sys

import lightgbm
import numpy as np
from scipy import sparse
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import average_precision_score

import material as M

TEXT, MARKUP = 1 << 18, 1 << 14
FOLDS = 4
TREES = {
    "objective": "binary", "num_leaves": 24, "learning_rate": 0.05, "min_data_in_leaf": 25, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 2.0, "seed": 1, "num_threads": 1, "deterministic": True,
    "force_row_wise": True, "verbose": -1,
}
ROUNDS = 220
# Share of the boilerplate below the mark under which a cut is taken back, of content above the one for a cut, on
# labelled articles whose site was not learnt from.
KEEP, CUT = 0.05, 0.0005
# What the program does as well: nothing is cut of an article of which more would go (`ALONE_MAX` in `clean::second`).
ALONE = 0.34


def ask(program, articles, alike=None, plain=False):
    """The program's view of each article."""
    lines = []
    for n, a in enumerate(articles):
        blocks = [{"text": b["text"]} for b in a["blocks"]] if plain else a["blocks"]
        document = {"id": n, "site": a["site"] or "x.example", "blocks": blocks}
        if a["lang"]:
            document["language"] = a["lang"]
        if a["title"]:
            document["title"] = a["title"]
        if alike is not None:
            document["alike"] = [[float(t), 0.0 if plain else float(m)] for t, m in alike[n]]
        lines.append(json.dumps(document))
    done = subprocess.run([program, "clean", "--features", "-"], input="\n".join(lines).encode(), capture_output=True)
    if done.returncode:
        sys.exit(done.stderr.decode())
    answers = done.stdout.decode().splitlines()
    names = json.loads(answers[0])["names"]
    return names, [json.loads(line)["blocks"] for line in answers[1:]]


def matrix(rows, width):
    """One row a block; each group of buckets counts as one, however many there are."""
    indptr, indices, values = [0], [], []
    for groups in rows:
        for group in groups:
            indices.extend(group)
            values.extend([1.0 / max(1, len(group)) ** 0.5] * len(group))
        indptr.append(len(indices))
    made = sparse.csr_matrix((np.array(values, np.float32), np.array(indices), np.array(indptr)), (len(rows), width))
    made.sum_duplicates()
    return made


def fitted(x, y, weight, alpha):
    model = SGDClassifier(loss="log_loss", alpha=alpha, max_iter=8, tol=None, average=True, random_state=1)
    return model.fit(x, y, sample_weight=weight)


def out_of_fold(x, y, weight, folds, alpha):
    """Scores of rows by a model that did not see their site, and the model of folds 0 to 3. Rows without a site
    (fold -1) always take part."""
    known = y >= 0
    scores = np.zeros(len(y), np.float32)
    for fold in range(FOLDS):
        train = known & (folds != fold) & (folds != 4)
        scores[folds == fold] = fitted(x[train], y[train], weight[train], alpha).decision_function(x[folds == fold])
    train = known & (folds != 4)
    final = fitted(x[train], y[train], weight[train], alpha)
    rest = (folds == 4) | (folds < 0)
    scores[rest] = final.decision_function(x[rest])
    return scores, final


def thinned(a):
    """The article after most of its boilerplate went, as later rounds of cleaning see it."""
    draw = lambda n: hashlib.sha256(f"{a['id']} {n}".encode()).digest()[0]
    kept = [n for n, label in enumerate(a["labels"]) if label != 1 or draw(n) < 77]
    return a | {"blocks": [a["blocks"][n] for n in kept], "labels": [a["labels"][n] for n in kept], "weight": a["weight"] / 2}


def trees(x, y, weight, folds):
    """Out-of-fold log-odds, and the trees of folds 0 to 3."""
    known, scores = y >= 0, np.zeros(len(y))
    fit = lambda rows: lightgbm.train(TREES, lightgbm.Dataset(x[rows], y[rows], weight=weight[rows]), ROUNDS)
    for fold in range(FOLDS):
        scores[folds == fold] = fit(known & (folds != fold) & (folds != 4)).predict(x[folds == fold], raw_score=True)
    final = fit(known & (folds != 4))
    if (folds == 4).any():
        scores[folds == 4] = final.predict(x[folds == 4], raw_score=True)
    return scores, final


def mark_of_cuts(score, article, length):
    """The lowest mark above which at most CUT of these blocks, all of them content, are cut; `article` and `length`
    (characters) of each. An article that is a list throughout must not set the mark for all others: what the program
    leaves alone does not count."""
    total, above, blocks, mark = collections.Counter(), collections.Counter(), collections.Counter(), float(score.max())
    for a, chars in zip(article, length):
        total[a] += chars
    # Far below, articles would be left alone since all of them went: only the first hundredth is looked at.
    for n in np.argsort(-score, kind="stable")[: len(score) // 100]:
        lost = sum(count for a, count in blocks.items() if above[a] <= ALONE * total[a])
        if lost <= CUT * len(score):
            mark = float(score[n])
        above[article[n]] += length[n]
        blocks[article[n]] += 1
    return mark


def packed(booster):
    """All trees in preorder: feature, place of the right child, threshold or value."""
    out, count = bytearray(), 0
    for tree in booster.dump_model()["tree_info"]:
        nodes = []

        def walk(node):
            at = len(nodes)
            if "leaf_value" in node:
                nodes.append((255, 0, node["leaf_value"]))
                return
            nodes.append(None)
            walk(node["left_child"])
            right = len(nodes)
            walk(node["right_child"])
            nodes[at] = (node["split_feature"], right, node["threshold"])

        walk(tree["tree_structure"])
        out += b"".join(struct.pack("<BBf", *node) for node in nodes)
        count += len(nodes)
    return count, bytes(out)


def table(model, width):
    weights = model.coef_[0]
    scale = float(np.abs(weights).max()) / 127
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale, float(model.intercept_[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--rules", type=pathlib.Path, default=M.HERE.parent.parent / "config/rules")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="for the header")
    args = parser.parse_args()

    hand = list(M.dev(args.data)) + list(M.labelled(args.data))
    chosen = {(a["source"], a["id"]) for a in hand}
    whole = [a for a in M.wcxb(args.data, lambda id: int(id) % 4 == 0) if ("wcxb-dev", a["id"]) not in chosen]
    repeated = [a for a in M.repeated(args.data, 700) if ("abp", a["id"]) not in chosen]
    single = list(M.examples(args.rules)) + list(M.snippets(args.data))
    articles = hand + [thinned(a) for a in hand] + whole + repeated
    print(collections.Counter(a["source"] for a in articles + single), flush=True)

    everything = articles + single
    _, seen = ask(args.program, everything)
    fold_of = lambda a: -1 if a["site"].endswith(".rules") else M.fold(a["site"])
    flat = [(a, label, block) for a, blocks in zip(everything, seen) for label, block in zip(a["labels"], blocks)]
    y = np.array([-1 if label is None else label for _, label, _ in flat])
    weight = np.array([a["weight"] for a, _, _ in flat])
    folds = np.array([fold_of(a) for a, _, _ in flat])
    text, text_model = out_of_fold(matrix([(b.get("words", []), b.get("chars", [])) for *_, b in flat], TEXT), y, weight, folds, 3e-6)
    marked = np.array([bool(not b["plain"]) for *_, b in flat])
    markup = np.zeros(len(y), np.float32)
    rows = np.flatnonzero(marked)
    tokens = matrix([(flat[n][2].get("markup", []),) for n in rows], MARKUP)
    markup[rows], markup_model = out_of_fold(tokens, y[rows], weight[rows], folds[rows], 1e-5)
    print("text AP", average_precision_score(y[y >= 0] == 1, text[y >= 0]), flush=True)

    starts = np.cumsum([0] + [len(a["blocks"]) for a in articles])
    alike = [list(zip(text[s:e], markup[s:e])) for s, e in zip(starts, starts[1:])]
    model, figures = {}, []
    for name, plain in (("marked", False), ("plain", True)):
        part = [n for n, a in enumerate(articles) if plain or any(b.get("classes") for b in a["blocks"])]
        names, views = ask(args.program, [articles[n] for n in part], [alike[n] for n in part], plain)
        at = np.concatenate([np.arange(starts[n], starts[n + 1]) for n in part])
        x = np.array([block["features"] for blocks in views for block in blocks], np.float32)
        is_hand = np.array([articles[n]["weight"] == 1.0 for n in part for _ in articles[n]["blocks"]])
        doubted = M.drawn()
        is_drawn = np.array([(articles[n]["source"], articles[n]["id"]) in doubted for n in part for _ in articles[n]["blocks"]])
        score, booster = trees(x, y[at], weight[at], folds[at])
        mine = is_hand & (y[at] >= 0) & (folds[at] != 4)
        keep = float(np.quantile(score[mine & (y[at] == 1)], KEEP))
        content = mine & (y[at] == 0)
        of = np.array([n for n in part for _ in articles[n]["blocks"]])
        length = np.array([len(block["text"]) for n in part for block in articles[n]["blocks"]])
        cut = mark_of_cuts(score[content], of[content], length[content])
        unread = is_hand & (y[at] >= 0) & (folds[at] == 4)
        for which, those in (("folds 0-3", mine), ("fold 4", unread & ~is_drawn), ("fold 4, drawn", unread & is_drawn)):
            good, bad = score[those & (y[at] == 0)], score[those & (y[at] == 1)]
            figures.append(
                f"{name} {which}: {len(good)} content, {len(bad)} boilerplate; AP "
                f"{average_precision_score(y[at][those] == 1, score[those]):.3f}; below keep {np.mean(good < keep):.3f} / "
                f"{np.mean(bad < keep):.3f}, above cut {np.mean(good > cut):.4f} / {np.mean(bad > cut):.3f}"
            )
            print(figures[-1], flush=True)
        model[name] = (names, *packed(booster), keep, cut)

    head, body = ["copydesk judge 1"], b""
    sources = collections.Counter(a["source"] for a in hand)
    head.append(f"date: {args.date}")
    head.append("data: " + ", ".join(f"{n} {s}" for s, n in sorted(sources.items())) + f", {len(whole)} wcxb whole, {len(repeated)} repeated, {len(single)} lines")
    head += [f"figures: {line}" for line in figures]
    head.append("features: " + " ".join(model["marked"][0]))
    for name, made, width in (("text", text_model, TEXT), ("markup", markup_model, MARKUP)):
        weights, scale, bias = table(made, width)
        head += [f"{name}_scale: {scale!r}", f"{name}_bias: {bias!r}"]
        body += weights.tobytes()
    for name in ("marked", "plain"):
        _, count, nodes, keep, cut = model[name]
        head += [f"{name}_nodes: {count}", f"{name}_base: 0", f"{name}_keep: {keep!r}", f"{name}_cut: {cut!r}"]
        body += nodes
    args.out.write_bytes("\n".join(head).encode() + b"\n\n" + body)
    print(args.out, args.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
