"""The learning rate over time, a function of the step alone so that a cut run can go on."""

import math


def rate_factor(step: int, steps: int, warm_up: float) -> float:
    """Return the share of the peak rate at ``step`` of ``steps``, counted from 0.

    Rises linearly over the first share ``warm_up`` of all steps, then falls to 0 along half a
    cosine.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017,
    equation 5 without restarts.
    """
    rising = warm_up * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))
