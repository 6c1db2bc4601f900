"""From data to report: one file a stage, one line here, in the order in which they run."""

from milliwatt.project.stage import Stage
from milliwatt.project.stages.collect import COLLECT
from milliwatt.project.stages.compile import COMPILE
from milliwatt.project.stages.compress import COMPRESS
from milliwatt.project.stages.dataset import DATASET
from milliwatt.project.stages.features import FEATURES
from milliwatt.project.stages.report import REPORT
from milliwatt.project.stages.stream import STREAM
from milliwatt.project.stages.train import TRAIN
from milliwatt.project.stages.verify import VERIFY

STAGES: tuple[Stage, ...] = (
    COLLECT,
    DATASET,
    FEATURES,
    TRAIN,
    COMPRESS,
    COMPILE,
    VERIFY,
    STREAM,
    REPORT,
)

__all__ = ["STAGES"]
