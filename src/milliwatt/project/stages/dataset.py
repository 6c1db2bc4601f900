"""``dataset``: recordings read, labelled and parted for honest scoring."""

from milliwatt.project.sources import load
from milliwatt.project.split_files import save_split
from milliwatt.project.stage import Stage, Work


def _run(work: Work) -> None:
    save_split(load(work.project, work.progress), work.out)


DATASET = Stage(
    name="dataset",
    does="read and part them",
    after=("collect",),
    settings=("data", "sensor", "project.seed"),
    code=("data", "project/sources.py", "project/split_files.py", "project/stages/dataset.py"),
    packages=("numpy", "soundfile", "pyarrow", "pillow", "aeon"),
    run=_run,
)
