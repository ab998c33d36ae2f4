"""Whether what a table is made from is there, in the versions that it was made from."""

import os
import re
import subprocess
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sources.sh")


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
