"""Reference models: what is dead goes, exactly; where nothing is dead nothing changes."""

import time

import numpy as np
import pytest

from milliwatt.importers.tflite import load_tflite
from milliwatt.passes import optimize
from milliwatt.project.certificate import certify, check_same, check_shrinking, recheck
from milliwatt.project.certificate_file import from_json, to_json
from milliwatt.project.samples import sample_inputs

WHOLE = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model")


def smooth_inputs(graph, count, seed):
    """Blurred noise, which reaches deep layers where white noise averages out."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        sample = []
        for v in graph.inputs:
            coarse = rng.integers(-128, 128, [max(1, n // 12) for n in v.type.shape])
            for axis, n in enumerate(v.type.shape):
                coarse = np.take(coarse, np.arange(n) * coarse.shape[axis] // n, axis=axis)
            sample.append(coarse.astype(np.int8))
        found.append(tuple(sample))
    return found


def test_half_of_the_visual_wake_words_network_is_dead(shared):
    original = load_tflite(shared / "models" / "vww_96_int8.tflite")
    begin = time.process_time()
    shrunk = optimize(original)
    assert time.process_time() - begin < 2.0
    weights = sum(n.inputs[1].type.bytes for n in shrunk.nodes if len(n.inputs) == 3)
    assert (original.macs, shrunk.macs, weights) == (7_489_664, 3_727_313, 29_066)
    assert [n.name for n in shrunk.nodes] == [n.name for n in original.nodes]
    certificate = certify(original)
    assert from_json(to_json(certificate)) == certificate
    inputs = [*sample_inputs(original, 12, 0), *smooth_inputs(original, 12, 0)]
    check_shrinking(original, shrunk, certificate, inputs)


@pytest.mark.parametrize("name", WHOLE)
def test_where_nothing_is_dead_nothing_changes(name, shared):
    original = load_tflite(shared / "models" / f"{name}.tflite")
    done, certificate = optimize(original), certify(original)
    assert certificate.removals == ()
    assert done.macs == original.macs
    assert [(n.name, n.op) for n in done.nodes] == [(n.name, n.op) for n in original.nodes]
    recheck(original, certificate)
    inputs = [*sample_inputs(original, 5, 0), *smooth_inputs(original, 3, 0)]
    check_same(original, done, inputs, certificate)
