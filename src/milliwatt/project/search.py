"""Search for the best way to compress: many candidates, each made, scored and priced for real.

Optuna proposes, milliwatt measures. The first candidates are each technique by itself; after
them a tree-structured Parzen estimator proposes what is likely to be on the front of accuracy
against flash, RAM and instructions, and within the targets. The study lives in one file that is
appended to after every trial, so a search can be cut at any moment and goes on where it stood.

Source: Optuna (Akiba et al., 2019); multi-objective TPE, Ozaki et al. (2022).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from milliwatt.errors import DoesNotFit, InputError, NotAvailable
from milliwatt.learn.compress.calibration import Calibration
from milliwatt.learn.compress.pipeline import EVERY_LAYER, Compression
from milliwatt.learn.price import Cost
from milliwatt.project.prove import Progress, silent
from milliwatt.project.targets import Targets

if TYPE_CHECKING:
    import optuna

Params = dict[str, float | int | str | bool]
REFUSED, COST = "refused", "cost"  # what is kept beside a trial's values
RUNNING, WAITING = "RUNNING", "WAITING"  # states of a trial, as Optuna calls them


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point of the search.

    Attributes:
        width: factor on the architecture's width; 1.0 is the network that is trained already.
        how: what is done to it.
    """

    width: float = 1.0
    how: Compression = field(default_factory=Compression)

    def __str__(self) -> str:
        """Return what differs from plain int8, in a few words."""
        how = self.how
        said = (
            (self.width != 1.0, f"width {self.width:g}"),
            (how.prune > 0, f"{100 * how.prune:.0f} % pruned"),
            (how.aware_epochs > 0, "trained rounded"),
            (how.distill > 0, "distilled"),
            (bool(how.int4_weights), "int4 weights"),
            (how.method is not Calibration.MIN_MAX, how.method.value),
            (how.equalize, "equalised"),
            (how.correct_bias, "bias corrected"),
        )
        return ", ".join(text for true, text in said if true) or "int8"


Evaluate = Callable[[Candidate, Progress], tuple[float, Cost]]
"""Makes a candidate and returns the accuracy of its integers, 0 to 1, and what it costs.

Accuracy is that of the validation side: what is chosen by it must not be scored on it again.
May raise `DoesNotFit`, which only rules the candidate out.
"""


@dataclass(frozen=True, slots=True)
class Space:
    """What may be combined.

    Attributes:
        widths: factors on the architecture's width.
        most_pruned: the largest share of channels that may go.
        epochs: passes of further training, where there is any.
        int4: whether weights may have 4 bits.
    """

    widths: tuple[float, ...] = (1.0,)
    most_pruned: float = 0.8
    epochs: int = 5
    int4: bool = True

    def first(self) -> Iterator[Params]:
        """Yield each technique by itself, and the usual combination."""
        plain: Params = {
            "width": 1.0,
            "prune": 0.0,
            "int4": False,
            "aware": False,
            "distill": False,
            "method": Calibration.MIN_MAX.value,
            "refine": False,
        }
        alone: list[Params] = [
            {},
            {"method": Calibration.MSE.value, "refine": True},
            {"aware": True},
            {"prune": 0.3},
            {"prune": 0.5, "aware": True, "distill": True},
        ]
        if self.int4:
            alone.append({"int4": True, "aware": True})
        if smaller := [w for w in self.widths if w < 1]:
            alone.append({"width": max(smaller), "distill": True})
        yield from (plain | own for own in alone)

    def candidate(self, trial: "optuna.trial.BaseTrial") -> Candidate:
        """Return the point that ``trial`` proposes."""
        width = float(trial.suggest_categorical("width", self.widths))
        prune = trial.suggest_float("prune", 0.0, self.most_pruned, step=0.1)
        aware = trial.suggest_categorical("aware", [False, True])
        int4 = self.int4 and trial.suggest_categorical("int4", [False, True])
        distill = trial.suggest_categorical("distill", [False, True])
        method = trial.suggest_categorical("method", [c.value for c in Calibration])
        refine = trial.suggest_categorical("refine", [False, True])
        how = Compression(
            # ranges follow the batches where training is aware of rounding: nothing to choose
            method=Calibration(method) if not aware else Calibration.MIN_MAX,
            equalize=refine,
            correct_bias=refine and not aware,
            int4_weights=(EVERY_LAYER,) if int4 else (),
            prune=round(prune, 2),
            tune_epochs=self.epochs,
            aware_epochs=self.epochs if aware else 0,
            distill=0.7 if distill and (prune or aware or width != 1) else 0.0,
        )
        return Candidate(width, how)


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial: what it was, and what came out; ``refused`` says why nothing did."""

    number: int
    candidate: Candidate
    accuracy: float | None
    cost: Cost | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found so far.

    Attributes:
        tried: every trial, in order.
        reference: accuracy of the float network, 0 to 1.
        max_drop: how many points of it may be lost.
        targets: limits.
    """

    tried: tuple[Tried, ...]
    reference: float
    max_drop: float
    targets: Targets

    @property
    def front(self) -> tuple[Tried, ...]:
        """The trials that no other beats in everything, by flash."""
        done = [t for t in self.tried if t.cost is not None]
        kept = [t for t in done if not any(_dominates(o, t) for o in done)]
        unique = {_objectives(t): t for t in reversed(kept)}
        return tuple(sorted(unique.values(), key=_flash))

    @property
    def best(self) -> Tried | None:
        """The most accurate within targets and drop, the smallest of equals; None if none is."""
        allowed = [t for t in self.front if self.allows(t)]
        return max(allowed, key=lambda t: (t.accuracy or 0.0, -_flash(t)), default=None)

    def allows(self, tried: Tried) -> bool:
        """Tell whether a trial keeps to the targets and the drop."""
        if tried.cost is None or tried.accuracy is None:
            return False
        kept = tried.accuracy >= self.reference - self.max_drop / 100 - 1e-9
        return kept and self.targets.allow(tried.cost)


def search(  # noqa: PLR0913  (all but the first by name)
    evaluate: Evaluate,
    *,
    space: Space,
    targets: Targets,
    reference: float,
    max_drop: float,
    trials: int,
    seed: int,
    store: Path,
    task: str,
    progress: Progress = silent,
) -> Found:
    """Try candidates until ``trials`` are in ``store``, those of earlier runs included.

    Args:
        evaluate: makes, scores and prices one.
        space: what may be combined.
        targets: limits.
        reference: accuracy of the float network on the same data, 0 to 1.
        max_drop: how many points of it may be lost.
        trials: how many there are in the end.
        seed: of the proposals.
        store: a file that is appended to; a search goes on from it.
        task: what the candidates are made of, a hash; trials of another task are left alone.
        progress: told how the work goes on.

    Raises:
        NotAvailable: Optuna is not installed.
        InputError: numbers out of their range.
        MilliwattError: whatever ``evaluate`` refuses for good.

    An interrupt leaves the trials that were finished in the store, and passes on.
    """
    if trials < 1 or max_drop < 0:
        raise InputError(f"{trials} trials, drop of {max_drop:g}; wanted 1 or more, 0 or more")
    study = _study(store, task, space, seed)
    for left in study.trials:
        if left.state.name == RUNNING:
            study.tell(left.number, state=_failed())  # a signal that nothing could catch
    done = _finished(study, space)
    _enqueue(study, space, done)
    while len(done) < trials:
        progress("searching", len(done), trials)
        trial = study.ask()
        try:
            tried = _try(evaluate, space.candidate(trial), trial.number, done, progress)
        except BaseException:
            study.tell(trial, state=_failed())
            raise
        _tell(study, trial, tried, targets, reference - max_drop / 100)
        done.append(tried)
    progress("searching", len(done), trials)
    return Found(tuple(done), reference, max_drop, targets)


def _try(
    evaluate: Evaluate,
    candidate: Candidate,
    number: int,
    done: Sequence[Tried],
    progress: Progress,
) -> Tried:
    for earlier in done:
        if earlier.candidate == candidate:  # proposed again: nothing new would come out
            return replace(earlier, number=number)
    try:
        accuracy, cost = evaluate(candidate, progress)
    except DoesNotFit as error:
        return Tried(number, candidate, None, None, str(error).splitlines()[0])
    return Tried(number, candidate, accuracy, cost)


def _tell(
    study: "optuna.Study",
    trial: "optuna.trial.Trial",
    tried: Tried,
    targets: Targets,
    least: float,
) -> None:
    if tried.cost is None or tried.accuracy is None:
        trial.set_user_attr(REFUSED, tried.refused)
        study.tell(trial, state=_failed())
        return
    trial.set_user_attr(COST, tried.cost.to_json())
    over = (*targets.excesses(tried.cost), least - tried.accuracy)
    for i, excess in enumerate(over):
        trial.set_constraint(f"limit {i}", excess)
    study.tell(trial, _objectives(tried))


def _study(store: Path, task: str, space: Space, seed: int) -> "optuna.Study":
    """Return the study of this task and space in ``store``, new or as it was left."""
    try:
        import optuna  # noqa: PLC0415  (optional, and slow to import)
    except ModuleNotFoundError as error:
        raise NotAvailable(
            "searching needs the package optuna, which is not installed; "
            "type: pip install 'milliwatt[compress]'"
        ) from error
    from optuna.storages import JournalStorage  # noqa: PLC0415
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    store.parent.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{task}\n{space}".encode()).hexdigest()[:16]
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(store))),
        study_name=name,
        directions=["maximize", "minimize", "minimize", "minimize"],
        load_if_exists=True,
    )
    # a search that goes on would with the same seed propose what it began with
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study


def _finished(study: "optuna.Study", space: Space) -> list[Tried]:
    """Return the trials that earlier runs have finished, refused ones among them."""
    done = []
    for trial in study.trials:
        attrs = trial.user_attrs
        if REFUSED in attrs:
            candidate = _proposed(space, trial.params)
            done.append(Tried(trial.number, candidate, None, None, attrs[REFUSED]))
        elif COST in attrs and trial.values:
            cost = Cost(**attrs[COST])
            candidate = _proposed(space, trial.params)
            done.append(Tried(trial.number, candidate, trial.values[0], cost))
    return done


def _enqueue(study: "optuna.Study", space: Space, done: Sequence[Tried]) -> None:
    """Queue each technique by itself, unless it is done or queued already."""
    waiting = [t.system_attrs["fixed_params"] for t in study.trials if t.state.name == WAITING]
    known = [t.candidate for t in done] + [_proposed(space, p) for p in waiting]
    for params in space.first():
        if _proposed(space, params) not in known:
            study.enqueue_trial(params)


def _proposed(space: Space, params: Mapping[str, float | int | str | bool]) -> Candidate:
    from optuna.trial import FixedTrial  # noqa: PLC0415  (optional)

    return space.candidate(FixedTrial(dict(params)))


def _failed() -> "optuna.trial.TrialState":
    from optuna.trial import TrialState  # noqa: PLC0415  (optional)

    return TrialState.FAIL


def _flash(tried: Tried) -> int:
    return tried.cost.flash_bytes if tried.cost else 0


def _objectives(tried: Tried) -> tuple[float, float, float, float]:
    assert tried.cost is not None  # noqa: S101  (asked of those that have one)
    cost = tried.cost
    return (tried.accuracy or 0.0, cost.flash_bytes, cost.ram_bytes, cost.instructions)


def _dominates(a: Tried, b: Tried) -> bool:
    """Tell whether ``a`` is nowhere worse than ``b``, and somewhere better."""
    mine, theirs = _objectives(a), _objectives(b)
    better = [mine[0] - theirs[0], *(t - m for m, t in zip(mine[1:], theirs[1:], strict=True))]
    return min(better) >= 0 and max(better) > 0
