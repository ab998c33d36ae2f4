"""What a table is made from: whether it is there, in the versions that it was made from, and its files."""

import os
import re
import subprocess
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sources.sh")

# Larger files are left out, bytes: a source may come without them, and the table is to be the same.
FILE_MAX = 4 << 20


def files(repository, folder, keep):
    """Paths and texts of the files of a git directory whose path `keep` lets through."""
    git = ["git", "-C", repository, "-c", "core.quotepath=off"]
    listing = subprocess.run([*git, "ls-tree", "-r", "-l", "HEAD", folder], capture_output=True, check=True)
    for line in sorted(listing.stdout.decode().splitlines()):
        meta, path = line.split("\t")
        _, _, blob, size = meta.split()
        if size.isdigit() and int(size) <= FILE_MAX and keep(path):
            text = subprocess.run([*git, "cat-file", "blob", blob], capture_output=True, check=True)
            yield path, text.stdout.decode("utf-8", "ignore")


def need(sources, names, files=()):
    """Ends the program unless `sources` has the folders of those names, repositories at the commit
    that `sources.sh` names, and the files are there."""
    with open(SCRIPT, encoding="utf-8") as script:
        pinned = {line[0]: line[1:] for line in re.findall(r"^repository (\S+) (\S+) (\S+)$", script.read(), re.M)}
    wrong = [f"{path}: not there" for path in files if not os.path.exists(path)]
    for name in names:
        folder = os.path.join(sources, name)
        if not os.path.isdir(folder):
            wrong.append(f"{folder}: not there")
        elif name in pinned:
            repository, commit = pinned[name]
            git = ["git", "-C", folder, "rev-parse", "HEAD"]
            found = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
            if found != commit:
                wrong.append(f"{folder}: at {found or 'no commit'}, and not {repository} at {commit}")
    if wrong:
        print("train: what the table is made from is not all there", *wrong, sep="\n  ", file=sys.stderr)
        print(f"train/sources.sh {sources or 'FOLDER'} lays it out; NOTICE has the licences", file=sys.stderr)
        sys.exit(1)
