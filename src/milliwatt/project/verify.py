"""``verify``: reference, host and target, and on request TensorFlow Lite Micro."""

from collections.abc import Sequence
from dataclasses import replace

from milliwatt.errors import Divergence, InputError
from milliwatt.importers.tflite import cut, cuttable, load_tflite, read
from milliwatt.passes.removal import Certificate
from milliwatt.project.compile import agreed, build, prove_all, summarize
from milliwatt.project.model import Model
from milliwatt.project.optimize import DEFAULT_GOAL, Goal
from milliwatt.project.prove import Progress, difference, same_bits, silent
from milliwatt.project.samples import Sample, sample_inputs
from milliwatt.report.result import Result
from milliwatt.run.reference import Reference
from milliwatt.run.tflm import Tflm
from milliwatt.targets import Board


def verify(  # noqa: PLR0913  (a keyword for each thing that a user may choose)
    model: Model,
    board: Board | str,
    *,
    goal: Goal = DEFAULT_GOAL,
    samples: int = 100,
    seed: int = 0,
    against_tflm: bool = False,
    certificate: Certificate | None = None,
    progress: Progress = silent,
) -> Result:
    """Prove ``model`` on ``board``: every layer equal to the bit on every sample.

    Args:
        model: what to prove.
        board: a board or its name.
        goal: how to compile it, as for `compile`.
        samples: how many inputs: the edges of the input's type, then seeded noise.
        seed: of the noise.
        against_tflm: also compare each operator with the interpreter of `tflite-micro`.
        certificate: of what was removed from the model, from an earlier compile; its claims are
            checked anew. By default one is made and checked.
        progress: called as the work goes on.

    Raises:
        Divergence: names the first layer that differs, with values.
        NotAvailable: `tflite-micro` is not installed.
        InputError: the model has no .tflite file to give to TensorFlow Lite Micro.
    """
    inputs = sample_inputs(model.graph, samples, seed)
    if against_tflm:
        if model.source is None:
            raise InputError(f"{model.name} did not come from a .tflite file; TFLM cannot run it")
        compare_with_tflm(model.source, inputs, progress)
    compiled = build(model, board, goal, progress)
    slide = prove_all(compiled, inputs, progress, certificate)
    exact = replace(agreed(compiled, samples), tflm=True if against_tflm else None)
    return summarize(compiled, exact, slide)


def compare_with_tflm(
    source: bytes, samples: Sequence[Sample], progress: Progress = silent
) -> None:
    """Compare the reference with TensorFlow Lite Micro at the output of every operator.

    The file is cut after each operator in turn, since the last output alone proves little: a
    softmax saturates on noise.

    Raises:
        Divergence: names the operator, the sample and values.
    """
    main = read(source).main
    operators = cuttable(main)
    for done, index in enumerate(operators):
        operator = main.operators[index]
        progress("comparing with TFLM", done, len(operators))
        shortened = cut(source, index)
        oracle, reference = Tflm(shortened), Reference(load_tflite(shortened))
        for i, sample in enumerate(samples):
            for wanted, got in zip(oracle.run(sample), reference.run(sample), strict=True):
                if not same_bits(wanted, got):
                    name = main.tensors[operator.outputs[0]].name
                    raise Divergence(
                        f"sample {i}: operator {index} ({operator.name}, {name!r}) of TensorFlow "
                        f"Lite Micro differs from the reference: {difference(wanted, got)}"
                    )
    progress("comparing with TFLM", len(operators), len(operators))
