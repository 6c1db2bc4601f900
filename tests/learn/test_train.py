"""Training is reproducible, ends when it should and says when it cannot start."""

import numpy as np
import pytest
import torch

from milliwatt.errors import InputError
from milliwatt.learn import ARCHITECTURES, Features, Patience, logits, train

GENERATOR = torch.Generator().manual_seed(7)
Y = torch.arange(60) % 3
X = torch.randn(60, 5, 12, 1, generator=GENERATOR) * 0.5
X[torch.arange(60), Y] += 2.0  # the class is the channel that stands out


def network(seed=0):
    return ARCHITECTURES["cnn_1d"](shape=(5, 12, 1), classes=3, seed=seed)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.state_dict().values()]).double()


def test_same_seed_same_weights_bit_for_bit():
    models = [network(), network()]
    histories = [train(m, X, Y, epochs=3, seed=4) for m in models]
    assert histories[0] == histories[1]
    assert torch.equal(weights(models[0]), weights(models[1]))


def test_another_seed_gives_another_network():
    assert not torch.equal(weights(network(0)), weights(network(1)))


def test_learns_what_is_there_and_leaves_evaluation_mode():
    model = network()
    history = train(model, X, Y, epochs=15, seed=0)
    assert not model.training
    assert history[-1].loss < history[0].loss
    assert (logits(model, X).argmax(1) == Y).all()


def test_stops_when_nothing_is_gained():
    told = []
    history = train(
        network(), X, Y, epochs=50, seed=0, patience=Patience(3, gain=0.99), progress=told.append
    )
    # a gain of 99 % in three epochs does not happen twice, so it ends at the first check
    assert len(history) == 4
    assert tuple(told) == history


def test_pytorch_is_left_as_it_was():
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    train(network(), X, Y, epochs=1, seed=9)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(("x", "y", "epochs"), [(X, Y[:5], 1), (X[:0], Y[:0], 1), (X, Y, 0)])
def test_nothing_to_learn_from(x, y, epochs):
    with pytest.raises(InputError, match="wanted as many labels as inputs"):
        train(network(), x, y, epochs=epochs, seed=0)


def test_a_loss_that_is_not_a_number_is_not_learned_from():
    with pytest.raises(InputError, match=r"epoch 1: the loss is nan"):
        train(network(), X * float("nan"), Y, epochs=1, seed=0)


def test_features_arrive_dequantised_with_frames_as_rows():
    q = np.array([[[1, 2], [3, 4], [5, 6]]], np.int8)  # one recording, three frames, two features
    x = Features(lambda _: q, scale=0.5, zero_point=1).network_input(np.zeros((1, 9, 4), np.int16))
    assert x.shape == (1, 2, 3, 1)
    assert x[0, :, :, 0].tolist() == [[0.0, 1.0, 2.0], [0.5, 1.5, 2.5]]


def test_features_of_another_kind_are_refused():
    features = Features(lambda c: c, scale=1.0, zero_point=0)
    with pytest.raises(InputError, match=r"int16 \[1, 9, 4\]; wanted int8 \[1, frame, feature\]"):
        features.network_input(np.zeros((1, 9, 4), np.int16))
