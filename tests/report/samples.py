"""Made-up results: a dozen layers, names long, short and hostile, and every figure absent once."""

from dataclasses import replace

from milliwatt.report.result import (
    BitExact,
    BoardLimits,
    Buffer,
    Counted,
    Duty,
    Energy,
    FlashUse,
    Goal,
    Heard,
    Layer,
    LayerError,
    Metric,
    RamUse,
    Result,
    Study,
)

HOSTILE = '<script>alert("x")</script>[red]\x1b[31m'

_LONG = "functional_1/mobilenet_block_13/depthwise/batch_normalization/FusedBatchNormV3;fold"

_ROWS = (
    ("features", "dsp.frame_statistics", "s16_scalar", 0, 48_210, 63_000, 0),
    ("scale", "dsp.standardize", "s16_scalar", 1_152, 9_870, 13_300, 96),
    ("stem", "nn.conv2d", "s8_dsp", 614_400, 921_034, 1_190_233, 1_792),
    ("block_1/dw", "nn.depthwise_conv2d", "s8_dsp", 138_240, 498_123, 690_811, 640),
    ("block_1/pw", "nn.conv2d", "s8_dsp", 983_040, 1_204_442, 1_533_900, 4_352),
    ("block_1/add", "nn.add", "s8_scalar", 15_360, 260_310, 330_004, 0),
    (_LONG, "nn.depthwise_conv2d", "s8_dsp", 138_240, 499_001, 691_904, 640),
    ("block_2/pw", "nn.conv2d", "s8_dsp", 983_040, 1_204_442, 1_533_900, 4_352),
    (HOSTILE, "nn.table", "s8_scalar", 0, 61_440, 92_160, 256),
    ("pool", "nn.mean", "s8_scalar", 15_360, 40_021, 48_130, 0),
    ("dense", "nn.fully_connected", "s8_dsp", 256, 1_022, 1_390, 272),
    ("softmax", "nn.softmax", "s8_scalar", 0, 3_110, 4_402, 0),
)

_BUFFERS = (
    ("window", 2_400, 0, 0, 15_360),
    ("features", 1_152, 0, 1, 17_760),
    ("scaled", 576, 1, 2, 15_360),
    ("stem", 15_360, 2, 5, 0),
    ("stem (scratch)", 1_152, 2, 2, 15_936),
    ("block_1/dw", 15_360, 3, 4, 15_360),
    ("block_1/pw", 15_360, 4, 5, 30_720),
    ("block_1/add", 15_360, 5, 6, 15_360),
    (_LONG, 15_360, 6, 7, 0),
    ("block_2/pw", 15_360, 7, 8, 15_360),
    (HOSTILE, 15_360, 8, 9, 0),
    ("pool", 64, 9, 10, 15_360),
    ("dense", 4, 10, 11, 0),
    ("answer", 4, 11, 11, 4),
)

FULL = Result(
    model="gestures",
    board="nrf52840",
    cpu="cortex-m4f",
    optimize="ram",
    macs=sum(row[3] for row in _ROWS),
    milliwatt_version="0.1.0",
    compiler_version="clang 21.1.0 (zig 0.17.1)",
    cycle_model="cortex-m4",
    instructions=sum(row[4] for row in _ROWS) + 1_204,
    cycles_estimated=sum(row[5] for row in _ROWS) + 1_611,
    latency_ms_estimated=96.8,
    energy=Energy(
        microjoules_estimated=958.3,
        microamps_per_mhz=51.5625,
        volts=3.0,
        source="Product Specification v1.7, section 5.2: CPU at 64 MHz from flash, 3 V: 3.3 mA",
    ),
    flash=FlashUse(code=14_212, weights=sum(row[6] for row in _ROWS)),
    ram=RamUse(arena=46_080, state=128, stack=612),
    bit_exact=BitExact(reference=True, host=True, target=True, tflm=None, samples=16),
    layers=tuple(Layer(*row) for row in _ROWS),
    limits=BoardLimits(
        "Nordic nRF52840 (nRF52840 DK, Arduino Nano 33 BLE)", 1_048_576, 262_144, 64_000_000
    ),
    buffers=tuple(Buffer(*row) for row in _BUFFERS),
    arena_bound_bytes=46_080,
    targets={"nrf52840": "emulated", "esp32s3": "exported only"},
)

BARE = replace(
    FULL,
    model=HOSTILE,
    board="host",
    cpu="host",
    cycle_model=None,
    instructions=None,
    cycles_estimated=None,
    latency_ms_estimated=None,
    energy=None,
    flash=None,
    ram=RamUse(arena=46_080, state=0, stack=None),
    bit_exact=BitExact(reference=None, host=None, target=None, tflm=None, samples=0),
    layers=tuple(replace(x, instructions=None, cycles_estimated=None) for x in FULL.layers),
    limits=BoardLimits("This computer", None, None, None),
    arena_bound_bytes=40_000,
    targets={},
)


def study(result: Result = FULL) -> Study:
    """Return a study of four activities around ``result``."""
    return Study(
        title="Activities from a smart watch",
        task="Accelerometer and gyroscope at 10 Hz, 4 activities: 40 recordings to train on, "
        "40 to test with, split by the makers of the data.",
        result=result,
        accuracy=Metric(
            "Accuracy",
            float_model=Counted(40, 40, 0.912, 1.0),
            int8=Counted(39, 40, 0.871, 0.996),
            on_device=Counted(39, 40, 0.871, 0.996),
        ),
        labels=("Standing", "Running", "Walking", "Badminton with a long name"),
        confusion=((10, 0, 0, 0), (0, 9, 1, 0), (0, 0, 10, 0), (0, 0, 0, 10)),
        sqnr=tuple(
            LayerError(layer.name, db)
            for layer, db in zip(
                result.layers,
                (float("inf"), 61.2, 38.1, 35.9, 33.0, 31.8, 30.2, 28.4, 28.1, 33.3, 29.9, -1.5),
                strict=True,
            )
        ),
        seconds={"load": 0.8, "train": 41.2, "quantise": 3.3, "compile": 12.9, "run": 22.1},
        metrics=(Metric("Specificity", None, Counted(29, 30, 0.833, 0.994), None),),
        goals=(
            Goal("accuracy", "at least 95 %", "97.5 %", met=True),
            Goal("flash", "at most 20,000 B", "23,412 B", met=False),
            Goal("latency", "at most 5 ms", "–", met=None),
        ),
        duty=Duty(0.4, 0.0021, 0.0031, 0.0095, "data sheet, section 5"),
        heard=Heard(1.5, Counted(90, 100, 0.826, 0.945), 40, 3, (2.0, 0.41, 5.84), 0.85),
    )
