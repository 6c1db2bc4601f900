"""The demo: smart-watch recordings to a proven model on an emulated chip, and a report of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from milliwatt.data import Dataset, Split, basic_motions, cut_windows
from milliwatt.errors import Divergence
from milliwatt.ir import Array, Graph
from milliwatt.passes import optimize
from milliwatt.project.compile import SAMPLES, Compiled, agreed, build, prove_all, summarize
from milliwatt.project.model import Model
from milliwatt.project.prove import Progress, difference, same_bits, silent
from milliwatt.project.samples import sample_inputs
from milliwatt.report.result import Accuracy, LayerError, Study
from milliwatt.run.reference import Reference
from milliwatt.targets import Board, load_board

NAME = "motion"
SEED = 0
WINDOW, HOP = 50, 25  # samples: five seconds, every two and a half
FRAME, FRAME_HOP = 10, 5  # samples
COPIES = 5  # augmented variants of every training window
EPOCHS = 40
Windows = npt.NDArray[np.int16]


@dataclass
class Clock:
    """Wall-clock seconds of each stage, by name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


@dataclass(frozen=True)
class Trained:
    """What learning leaves behind.

    Attributes:
        model: features and int8 network as one graph.
        float_scores: ``[window, class]`` of the float network on the test windows.
        float_layers: what each layer of the float network gives on the test windows, by name.
    """

    model: Model
    float_scores: npt.NDArray[np.float32]
    float_layers: dict[str, npt.NDArray[np.float32]]


def demo(board_name: str, progress: Progress = silent) -> tuple[Study, Compiled]:
    """Train, quantise, compile and test on every test recording; return what came out.

    Raises:
        NotAvailable: PyTorch, torchao or aeon is not installed; says what to type.
        InputError: there is no such board.
        Divergence: the emulated chip computed something else than the reference.
    """
    board, clock = load_board(board_name), Clock()
    progress("loading recordings", 0, 1)
    with clock.stage("load"):
        split = basic_motions()
        train, test = (cut_windows(d, length=WINDOW, hop=HOP) for d in (split.train, split.test))
    progress("loading recordings", 1, 1)
    with clock.stage("train and quantise"):
        trained = _learn(train, test, progress)
    with clock.stage("compile and prove"):
        compiled = _compile(trained.model, board, progress)
    with clock.stage("run every test recording"):
        scores, traces = _run_all(compiled, test.samples(), progress)
    return _study(split, test, trained, compiled, scores, traces, clock), compiled


def _learn(train: Dataset, test: Dataset, progress: Progress) -> Trained:
    """Fit features and network on the training windows; quantise and join them."""
    import torch  # noqa: PLC0415  (PyTorch is optional, and slow to import)

    from milliwatt import learn  # noqa: PLC0415
    from milliwatt.importers.torch import import_program  # noqa: PLC0415

    front = learn.fit_frame_statistics(train.samples(), frame=FRAME, hop=FRAME_HOP)
    features = front.features()
    augmented = learn.augment(train.samples(), COPIES, learn.Augmentation(), seed=SEED)
    x = features.network_input(augmented)
    y = torch.from_numpy(np.tile(train.targets(), COPIES + 1))
    network = learn.ARCHITECTURES["motion_cnn"](
        features=front.output.shape[2], classes=len(train.labels), seed=SEED
    )

    def told(epoch: learn.Epoch) -> None:
        progress("training", epoch.number, EPOCHS)

    learn.train(network, x, y, epochs=EPOCHS, seed=SEED, progress=told)
    quantized = learn.quantize(
        network, x, input_scale=features.scale, input_zero_point=features.zero_point
    )
    graph = optimize(front.before(import_program(quantized.program, name=NAME)))
    unseen = features.network_input(test.samples())
    return Trained(
        model=Model(NAME, graph),
        float_scores=learn.logits(network, unseen).numpy(),
        float_layers=dict(learn.layer_outputs(quantized.folded, unseen)),
    )


def _compile(model: Model, board: Board, progress: Progress) -> Compiled:
    progress(f"compiling for {board.name}", 0, 1)
    compiled = build(model, board)
    progress(f"compiling for {board.name}", 1, 1)
    prove_all(compiled, sample_inputs(model.graph, SAMPLES, SEED), progress)
    return compiled


def _run_all(
    compiled: Compiled, windows: Windows, progress: Progress
) -> tuple[Array, list[dict[str, Array]]]:
    """Return int8 ``[window, class]`` from the board, and what each layer of the reference gave.

    The two are compared window by window: what the reference scores, the board scores.
    """
    runner = compiled.target or compiled.host
    reference = Reference(compiled.model.graph)
    what = f"running on {compiled.board.name}"
    scores, traces = [], []
    for i, window in enumerate(windows):
        progress(what, i, len(windows))
        (got,) = runner.run((window[None],))
        (wanted,) = reference.run((window[None],))
        if not same_bits(wanted, got):
            raise Divergence(f"test window {i} on {runner}: {difference(wanted, got)}")
        scores.append(got.reshape(-1))
        traces.append(dict(reference.trace((window[None],))))
    progress(what, len(windows), len(windows))
    return np.stack(scores), traces


def _study(
    split: Split,
    test: Dataset,
    trained: Trained,
    compiled: Compiled,
    scores: Array,
    traces: list[dict[str, Array]],
    clock: Clock,
) -> Study:
    from milliwatt.learn import accuracy, confusion_matrix  # noqa: PLC0415

    expected = split.test.targets()
    of = _windows_of(split.test, test)
    on_device = _votes(scores, of)
    last = compiled.model.graph.nodes[-1].name
    by_reference = _votes(np.concatenate([trace[last] for trace in traces]), of)
    by_float = _votes(trained.float_scores, of)
    labels = split.test.labels
    board = compiled.board
    return Study(
        title=f"Motion on {board.title}",
        task=(
            f"{len(labels)} activities from a smart watch's accelerometer and gyroscope at "
            f"{split.test.sample_rate_hz:g} Hz; {len(split.train.recordings)} recordings to train, "
            f"{len(split.test.recordings)} to test, each decided by its "
            f"{len(test.recordings) // len(of)} windows of "
            f"{WINDOW / split.test.sample_rate_hz:g} s. {split.basis}"
        ),
        result=summarize(compiled, agreed(compiled, SAMPLES)),
        accuracy=Accuracy(
            recordings=len(expected),
            float_model=accuracy(expected, by_float),
            int8_reference=accuracy(expected, by_reference),
            on_device=accuracy(expected, on_device),
        ),
        labels=labels,
        confusion=tuple(map(tuple, confusion_matrix(expected, on_device, len(labels)).tolist())),
        sqnr=_layer_errors(compiled.model.graph, trained.float_layers, traces),
        seconds=clock.seconds,
    )


def _windows_of(recordings: Dataset, windows: Dataset) -> list[list[int]]:
    """Return for each recording the positions of its windows."""
    names = [w.name.rpartition("@")[0] for w in windows.recordings]
    return [[i for i, n in enumerate(names) if n == r.name] for r in recordings.recordings]


def _votes(scores: Array, of: list[list[int]]) -> npt.NDArray[np.int64]:
    """Return the class of each recording: the largest sum of its windows' scores."""
    sums = np.stack([scores[windows].astype(np.float64).sum(axis=0) for windows in of])
    best: npt.NDArray[np.int64] = np.argmax(sums, axis=1).astype(np.int64)
    return best


def _layer_errors(
    graph: Graph, floats: dict[str, npt.NDArray[np.float32]], traces: list[dict[str, Array]]
) -> tuple[LayerError, ...]:
    """Return the error of each layer that the float network has too, over all test windows."""
    from milliwatt.learn import sqnr_db  # noqa: PLC0415

    errors = []
    for node in graph.nodes:
        if node.name not in floats:
            continue
        t = node.output.type
        integers = np.concatenate([trace[node.name] for trace in traces]).astype(np.float32)
        real = (integers - t.zero_point) * np.float32(t.scale)
        errors.append(LayerError(node.name, sqnr_db(floats[node.name].reshape(real.shape), real)))
    return tuple(errors)
