"""The whole way on real recordings: counts, features, training, int8, one graph of integers."""

import numpy as np
import pytest
import torch

from milliwatt.data import basic_motions
from milliwatt.errors import InputError
from milliwatt.importers.torch import import_program
from milliwatt.learn import (
    ARCHITECTURES,
    MotionVariation,
    Patience,
    accuracy,
    augment,
    fit_frame_statistics,
    logits,
    predictions,
    quantize,
    sqnr_db,
    train,
)

SEED, COPIES, EPOCHS = 0, 7, 40


class Trained:
    """What the demonstration trains, with the parts that a test wants to see."""

    def __init__(self):
        split = basic_motions()
        counts, labels = split.train.samples(), split.train.targets()
        self.test, self.expected = split.test.samples(), split.test.targets()
        self.front = fit_frame_statistics(counts, frame=10, hop=5)
        self.features = self.front.features()
        many = augment(counts, labels, COPIES, MotionVariation(), seed=SEED)
        x = self.features.network_input(many)
        self.model = ARCHITECTURES["cnn_1d"](shape=(12, 19, 1), classes=4, seed=SEED)
        train(
            self.model,
            x,
            torch.from_numpy(np.tile(labels, COPIES + 1)),
            epochs=EPOCHS,
            seed=SEED,
            patience=Patience(),
        )
        self.quantized = quantize(
            self.model,
            x,
            input_scale=self.features.scale,
            input_zero_point=self.features.zero_point,
        )
        self.graph = self.front.before(import_program(self.quantized.program, name="motion"))

    def run(self, recording):
        """Return the graph's int8 logits ``[class]`` for int16 ``[time, channel]``."""
        known = {self.graph.inputs[0]: recording[None]}
        for node in self.graph.nodes:
            arrays = tuple(v.data if v.data is not None else known[v] for v in node.inputs)
            known.update(zip(node.outputs, node.op.evaluate(node.types, arrays), strict=True))
        return known[self.graph.outputs[0]][0]


@pytest.fixture(scope="module")
def motion():
    pytest.importorskip("aeon", reason="BasicMotions ships with the package aeon")
    return Trained()


@pytest.fixture(scope="module")
def scores(motion):
    """Return float and integer logits ``[N, class]`` on the test side."""
    float_ = logits(motion.model, motion.features.network_input(motion.test)).numpy()
    return float_, np.stack([motion.run(recording) for recording in motion.test])


def test_the_float_network_has_learned(motion, scores):
    # 40 recordings: 38 right leaves a lower 95 % bound (Wilson) of 0.83, far above chance of 0.25
    assert accuracy(motion.expected, predictions(scores[0])) >= 0.95


def test_integers_are_within_a_point_of_float(motion, scores):
    float_, integers = (accuracy(motion.expected, predictions(s)) for s in scores)
    assert abs(float_ - integers) <= 0.01


def test_the_graph_decides_as_the_simulation(motion, scores):
    x = motion.features.network_input(motion.test)
    simulated = logits(motion.quantized.simulated, x).numpy()
    np.testing.assert_array_equal(predictions(scores[1]), predictions(simulated))


def test_the_graph_is_the_float_network_with_little_noise(motion, scores):
    (output,) = motion.graph.outputs
    real = (scores[1].astype(np.float64) - output.type.zero_point) * output.type.scale
    # the last rounding alone, over a range of r, leaves 20 log10(256 * sqrt(12) * rms / r),
    # about 49 dB where rms is a third of r; seven roundings before it may cost 20 dB more
    assert sqnr_db(scores[0], real) > 25


def test_the_graph_holds_the_features_and_the_network(motion):
    assert motion.graph.inputs[0].type.shape == (1, 100, 6)
    assert [node.op.name for node in motion.graph.nodes] == [
        "dsp.frame_statistics",
        "dsp.standardize",
        "nn.reshape",
        "nn.conv2d",
        "nn.depthwise_conv2d",
        "nn.conv2d",
        "nn.depthwise_conv2d",
        "nn.conv2d",
        "nn.global_average_pool",
        "nn.reshape",
        "nn.fully_connected",
    ]


def test_training_saw_the_graphs_features(motion):
    """What the first layer stands for is what training was given, to the bit."""
    recording = motion.test[7]
    x = motion.features.network_input(recording[None])[0, :, :, 0].numpy().T
    known = recording[None]
    type_ = motion.graph.inputs[0].type
    for node in motion.graph.nodes[:2]:
        (known,) = node.op.evaluate((type_,), (known,))
        (type_,) = node.op.infer((type_,))
    expected = (known[0].astype(np.float32) - type_.zero_point) * np.float32(type_.scale)
    np.testing.assert_array_equal(x, expected)


def test_features_are_centred_and_of_one_width(motion):
    q = motion.front.compute(basic_motions().train.samples())
    real = q.astype(np.float64) / 32
    # rounding of the centre to a count, of the result to 1/32, and saturation beyond 4 deviations
    assert np.abs(real.mean(axis=(0, 1))).max() < 0.05
    assert np.abs(real.std(axis=(0, 1)) - 1).max() < 0.15


def test_the_same_twice(motion):
    again = Trained()
    for name, tensor in motion.quantized.program.state_dict.items():
        assert torch.equal(tensor, again.quantized.program.state_dict[name]), name


def test_recordings_of_another_length_are_refused(motion):
    with pytest.raises(InputError, match=r"int16 \[2, 50, 6\]; wanted int16 \[N, 100, 6\]"):
        motion.front.compute(np.zeros((2, 50, 6), np.int16))


def test_a_network_for_another_scale_is_refused(motion):
    other = quantize(
        motion.model,
        motion.features.network_input(motion.test),
        input_scale=1 / 16,
        input_zero_point=0,
    )
    network = import_program(other.program, name="other")
    with pytest.raises(InputError, match=r"quantise the network with the features' scale"):
        motion.front.before(network)
