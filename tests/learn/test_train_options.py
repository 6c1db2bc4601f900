"""What the loop offers beside the descent; each option does what it says, a cut leaves no trace."""

import math

import pytest
import torch
from torch import nn

from milliwatt.errors import BadFile, InputError
from milliwatt.learn import (
    ARCHITECTURES,
    Batch,
    CrossEntropy,
    Hooks,
    Patience,
    Recipe,
    balanced_weights,
    chained,
    mean_squared_error,
    train,
)
from milliwatt.learn.schedule import rate_factor

GENERATOR = torch.Generator().manual_seed(7)
Y = torch.arange(60) % 3
X = torch.randn(60, 5, 12, 1, generator=GENERATOR) * 0.5
X[torch.arange(60), Y] += 2.0  # the class is the channel that stands out
HELD = (X[:12], Y[:12])
CUT_AFTER = 2


class CutError(Exception):
    """Stands for the power cord."""


def network():
    return ARCHITECTURES["cnn_1d"](shape=(5, 12, 1), classes=3, seed=0)


def weights(model):
    return torch.cat([p.detach().flatten().double() for p in model.state_dict().values()])


def noisy(batch, random):
    noise = torch.randn(batch.x.shape, generator=random)
    return Batch(batch.rows, batch.x + 0.1 * noise, batch.y)


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("validation", [None, HELD])
def test_a_resumed_run_ends_with_the_same_bits(tmp_path, average, validation):
    options = {
        "epochs": 5,
        "seed": 3,
        "recipe": Recipe(average=average, warm_up=0.2),
        "validation": validation,
        "hooks": Hooks(batch=noisy),
    }
    whole, cut = network(), network()
    history = train(whole, X, Y, **options)

    def pull_the_cord(epoch):
        if epoch.number == CUT_AFTER:
            raise CutError

    path = tmp_path / "deep" / "checkpoint"
    with pytest.raises(CutError):
        train(cut, X, Y, **options, checkpoint=path, progress=pull_the_cord)
    again, told = network(), []
    resumed = train(again, X, Y, **options, checkpoint=path, resume=True, progress=told.append)
    assert resumed == history == tuple(told)
    assert torch.equal(weights(again), weights(whole))
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint"]  # nothing half written


@pytest.mark.parametrize("change", [{"seed": 1}, {"epochs": 3}, {"recipe": Recipe(batch=8)}])
def test_a_checkpoint_of_another_training_is_refused(tmp_path, change):
    same = {"epochs": 2, "seed": 0, "recipe": Recipe(), "checkpoint": tmp_path / "c"}
    train(network(), X, Y, **same)
    with pytest.raises(InputError, match="of another training"):
        train(network(), X, Y, **same | change, resume=True)
    with pytest.raises(InputError, match="of another training"):
        train(network(), X + 1, Y, **same, resume=True)


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "c"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=r"a damaged one; delete it to begin anew"):
        train(network(), X, Y, epochs=1, seed=0, checkpoint=path, resume=True)


def test_the_best_validated_weights_are_kept():
    model, seen = network(), []

    def remember(_epoch):
        seen.append({k: v.clone() for k, v in model.state_dict().items()})

    # labels on the validation side are shuffled, so that the best epoch is hardly the last
    validation = (X[:12], Y[:12].roll(1))
    history = train(model, X, Y, epochs=6, seed=0, validation=validation, progress=remember)
    losses = [e.validation_loss for e in history]
    best = losses.index(min(losses))
    assert best < len(losses) - 1
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, seen[best][name]), name


def test_patience_watches_the_validation_side():
    validation = (X[:12], Y[:12].roll(1))
    history = train(
        network(), X, Y, epochs=40, seed=0, validation=validation, patience=Patience(4, gain=0.0)
    )
    losses = [e.validation_loss for e in history]
    assert len(history) < 40
    assert min(losses[-4:]) > min(losses[:-4])


def test_a_class_that_counts_more_is_found_more_often():
    x, y = torch.zeros(90, 5, 12, 1), (torch.arange(90) % 9 == 0).long()  # nothing to tell by
    found = []
    for weighted in ((), balanced_weights(y, 2), (1.0, 80.0)):
        model = ARCHITECTURES["cnn_1d"](shape=(5, 12, 1), classes=2, seed=0)
        train(model, x, y, epochs=10, seed=0, class_weights=weighted)
        with torch.no_grad():
            found.append(torch.softmax(model(x[:1]), 1)[0, 1].item())
    assert found[0] < found[1] < found[2]


def test_balanced_weights_by_hand():
    # 3 of class 0, 1 of class 2: each class in all counts half of the 4 samples
    assert balanced_weights(torch.tensor([0, 0, 0, 2]), 3) == (2 / 3, 0.0, 2.0)


def test_weights_beside_a_loss_of_ones_own_are_refused():
    with pytest.raises(InputError, match="class_weights belong to the default loss"):
        train(network(), X, Y, epochs=1, seed=0, class_weights=(1.0,) * 3, loss=CrossEntropy())


def test_hooks_are_called_when_they_say():
    calls = []
    hooks = Hooks(
        inputs=lambda number, _random: calls.append(f"inputs {number}") or X,
        batch=lambda batch, _random: calls.append(f"batch of {len(batch.rows)}") or batch,
        epoch=lambda number, _model: calls.append(f"epoch {number}"),
        step=lambda _model: calls.append("step"),
    )
    train(network(), X, Y, epochs=1, seed=0, hooks=hooks)
    assert calls == ["epoch 1", "inputs 1", "batch of 32", "step", "batch of 28", "step"]


def test_a_batch_keeps_inputs_and_labels_together():
    def check(batch, _random):
        assert torch.equal(batch.x, X[batch.rows])
        assert torch.equal(batch.y, Y[batch.rows])
        return batch

    train(network(), X, Y, epochs=2, seed=0, hooks=Hooks(batch=chained([check, check])))


def test_inputs_of_another_length_are_refused():
    with pytest.raises(InputError, match="epoch 1: 7 inputs for 60 labels"):
        train(network(), X, Y, epochs=1, seed=0, hooks=Hooks(inputs=lambda *_: X[:7]))


def test_parameter_groups_learn_at_their_own_rates():
    model = network()
    before = {k: v.clone() for k, v in model.named_parameters()}
    groups = [
        {"params": list(model.stem.parameters()), "lr": 0.0, "weight_decay": 0.0},
        {"params": list(model.classifier.parameters()), "lr": 1e-2},
    ]
    train(model, X, Y, epochs=1, seed=0, parameters=groups)
    moved = {k for k, v in model.named_parameters() if not torch.equal(v, before[k])}
    assert moved == {"classifier.weight", "classifier.bias"}


def test_an_autoencoder_learns_to_give_back():
    model = ARCHITECTURES["autoencoder"](shape=(5, 12, 1), seed=0)
    history = train(model, X, X, epochs=30, seed=0, loss=mean_squared_error)
    assert history[0].accuracy is None
    assert history[-1].loss < 0.7 * history[0].loss
    assert model(X).shape == X.shape


def test_shares_of_classes_are_learned_from():
    half = torch.full((60, 3), 1 / 3)
    model = network()
    train(model, X, half, epochs=20, seed=0, recipe=Recipe(label_smoothing=0.0))
    with torch.no_grad():
        loss = nn.functional.cross_entropy(model(X), half)
    # a network that has learned nothing but thirds is at the entropy of three equal classes
    assert math.log(3) <= loss < math.log(3) + 0.05


def test_the_rate_rises_and_falls():
    rates = [rate_factor(i, 100, 0.1) for i in range(100)]
    assert rates[:3] == pytest.approx([1 / 11, 2 / 11, 3 / 11])
    assert rates[10] == max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.5)
