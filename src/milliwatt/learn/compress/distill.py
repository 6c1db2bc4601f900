"""Distillation: a small network learns what a large one believes, not only what is right.

The teacher's scores say which wrong classes are nearly right; softened by a temperature, they are
a target with more to learn from than a label. The loss is a drop-in for the training loop::

    train(student, x, y, …, loss=Distillation(teacher, hard=CrossEntropy(0.05)))

Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network" (2015), section 2.
"""

import torch
from torch import nn

from milliwatt.errors import InputError
from milliwatt.learn.objective import Batch, CrossEntropy, Loss


class Distillation:
    """A loss that mixes what a teacher believes of a batch with its labels.

    ``share * T^2 * KL(teacher / T || student / T) + (1 - share) * hard``; the square keeps the
    gradients of both on one scale whatever the temperature.
    """

    def __init__(
        self,
        teacher: nn.Module,
        *,
        temperature: float = 3.0,
        share: float = 0.7,
        hard: Loss | None = None,
    ) -> None:
        """Take a teacher in evaluation mode, from float32 ``[n, …]`` to logits ``[n, class]``.

        Args:
            teacher: it is asked about every batch, augmented as the student sees it.
            temperature: above 1 softens the teacher's beliefs.
            share: of the teacher in the loss, 0 to 1; the labels have the rest.
            hard: the loss on the labels; None for plain cross-entropy.

        Raises:
            InputError: the teacher is in training mode, or a number is out of its range.
        """
        if teacher.training:
            raise InputError("the teacher is in training mode; call teacher.eval() first")
        if temperature <= 0 or not 0 <= share <= 1:
            raise InputError(
                f"temperature {temperature:g}, share {share:g}; wanted a temperature above 0 and "
                "a share from 0 to 1"
            )
        self.teacher, self.temperature, self.share = teacher, temperature, share
        self.hard: Loss = CrossEntropy() if hard is None else hard

    def __call__(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the mean loss over a batch."""
        with torch.no_grad():
            believed = torch.log_softmax(self.teacher(batch.x) / self.temperature, dim=1)
        said = torch.log_softmax(outputs / self.temperature, dim=1)
        soft = nn.functional.kl_div(said, believed, reduction="batchmean", log_target=True)
        return self.share * self.temperature**2 * soft + (1 - self.share) * self.hard(
            outputs, batch
        )
