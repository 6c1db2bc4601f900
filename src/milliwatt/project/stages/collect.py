"""``collect``: which files there are, by the hash of their bytes.

Later stages follow the bytes, so a file that was only copied or touched changes nothing.
"""

import json
import os

from milliwatt.project.cache import file_hash
from milliwatt.project.sources import listing, own_files
from milliwatt.project.stage import Stage, Work

FILES = "files.json"


def _run(work: Work) -> None:
    files, hashes = own_files(work.project), {}
    for i, path in enumerate(files):
        hashes[os.path.relpath(path, work.project.root)] = file_hash(path)
        work.progress("looking at files", i + 1, len(files))
    (work.out / FILES).write_text(json.dumps(hashes, indent=0) + "\n", encoding="utf-8")


COLLECT = Stage(
    name="collect",
    does="find the recordings",
    after=(),
    settings=("data.source",),
    code=("project/stages/collect.py",),
    packages=(),
    run=_run,
    own=listing,
)
