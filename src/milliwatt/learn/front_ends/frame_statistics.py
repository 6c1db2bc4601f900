"""Mean and deviation of frames: little work, and enough for slow signals."""

from milliwatt.learn.front_end import Counts, FrontEnd
from milliwatt.learn.front_ends.fitting import samples_of, standardized
from milliwatt.ops.dsp.frame_statistics import FrameStatistics


def frame_statistics(
    counts: Counts, *, sample_rate_hz: float, frame_ms: float = 1000.0, hop_ms: float = 500.0
) -> FrontEnd:
    """Fit mean and deviation of every frame and channel.

    Args:
        counts: int16 ``[N, time, channel]``, training windows.
        sample_rate_hz: of the recordings.
        frame_ms: duration of a frame, a whole number of samples.
        hop_ms: from one frame's start to the next, a whole number of samples.

    Raises:
        InputError: a duration is no whole number of samples.
        ShapeMismatch: a frame is longer than the windows.
    """
    return fit_frame_statistics(
        counts,
        frame=samples_of("frame_ms", frame_ms, sample_rate_hz),
        hop=samples_of("hop_ms", hop_ms, sample_rate_hz),
    )


def fit_frame_statistics(counts: Counts, *, frame: int, hop: int) -> FrontEnd:
    """Fit mean and deviation of every frame, each standardised over the recordings given.

    Args:
        counts: int16 ``[N, time, channel]`` from the training side of the split, since the
            centres and widths are fitted to it.
        frame: samples a frame.
        hop: samples from one frame's start to the next.

    Returns:
        A front end of ``2 * channel`` features: the means, then the deviations.
    """
    return standardized(counts, (("statistics", FrameStatistics(frame, hop)),))
