"""Average power: what computing takes at the application's rate, and what is drawn in between.

P = energy of one result * results a second + sleep current * volts * share of time asleep
"""

from milliwatt.project.file import Project
from milliwatt.report.result import Duty, Result

MILLI = 1e-3


def duty(project: Project, result: Result, rows_a_second: float | None) -> Duty | None:
    """Return the average power of a project's model; None without a rate or a latency.

    The rate is that of ``[power]``, else one result for each hop of the window. Where rows are
    pushed, the signal decides: every row is computed as it comes, and costs in proportion to its
    instructions.

    Args:
        project: says the rate and the current asleep.
        result: of the compiled model.
        rows_a_second: of the model's input as the signal gives them; None where it is no signal.
    """
    said, window = project.file.power, project.file.window
    rate = said.results_per_second
    if rate is None and window is not None:
        rate = 1000 / (window.hop_ms or window.length_ms)
    latency_ms = result.latency_ms_estimated
    if latency_ms is None or not result.instructions:
        return None
    part, push = 1.0, result.push
    if push is not None and rows_a_second is not None:
        part = push.instructions_per_result / result.instructions
        rate = rows_a_second / push.rows_per_result
    if rate is None:
        return None
    share = rate * latency_ms * part * MILLI
    active = sleep = None
    if result.energy is not None:
        active = result.energy.microjoules_estimated * part * rate * MILLI
        if said.sleep_microamps is not None:
            sleep = said.sleep_microamps * result.energy.volts * max(0.0, 1 - share) * MILLI
    return Duty(rate, share, active, sleep, said.source)
