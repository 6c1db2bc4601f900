"""The terminal: within its width, plain when piped, safe from names."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import BARE, FULL, HOSTILE, study
from rich.cells import cell_len
from rich.console import Console

from milliwatt.report import print_result, print_study
from milliwatt.report.names import elide, printable
from milliwatt.report.result import Layer, Result, Study
from milliwatt.report.units import NOTHING


def shown(what: Result | Study, width: int = 80, *, terminal: bool = False) -> str:
    """Return what is printed."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    if isinstance(what, Study):
        print_study(console, what)
    else:
        print_result(console, what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def flat(text: str) -> str:
    """Return ``text`` without its line breaks and columns."""
    return " ".join(text.split())


@pytest.mark.parametrize("width", [72, 80, 100, 200])
@pytest.mark.parametrize(
    "what", [FULL, BARE, study(), study(BARE)], ids=["full", "bare", "s", "sb"]
)
def test_no_line_is_wider_than_the_terminal(what: Result | Study, width: int) -> None:
    text = shown(what, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert "None" not in text


def test_every_figure_of_a_result() -> None:
    text = flat(shown(FULL))
    assert text.startswith(
        "gestures on Nordic nRF52840 (nRF52840 DK, Arduino Nano 33 BLE) cortex-m4f"
    )
    assert "Flash 26,612 B 2.5 % of the board's 1 MiB: code 14,212 B, weights 12,400 B" in text
    assert "RAM 46,820 B 17.9 % of the board's 256 KiB: arena 46,080 B" in text
    assert "Instructions 4,752,229" in text
    assert "1.64 per MAC, 2,889,088 MACs" in text
    assert "Cycles, estimated 6,194,745 model cortex-m4" in text
    assert "Latency, estimated 96.8 ms one inference at 64 MHz" in text
    assert "Energy, estimated 958 µJ" in text
    assert "Bit-exact yes 16 samples; agree: reference, host C, target C;" in text
    # 1,204,442 of 4,752,229 instructions, 983,040 MACs.
    assert "983 k 1.20 M █▎ 25 % 1.23 4,352 B" in text


def test_study_shows_accuracy_and_confusion() -> None:
    text = flat(shown(study()))
    assert "Accuracy in float 100 % (40 of 40)" in text
    assert "Accuracy in int8 97.5 % (39 of 40)" in text
    assert "Accuracy on the device 97.5 % (39 of 40)" in text
    assert "Running · 9 1 ·" in text


def test_study_shows_goals_power_and_stream() -> None:
    text = flat(shown(study()))
    assert "Specificity in int8 96.7 % (29 of 30) 95 % interval 83.3 to 99.4 %" in text
    assert "accuracy at least 95 % 97.5 % met" in text
    assert "flash at most 20,000 B 23,412 B missed" in text
    assert f"latency at most 5 ms {NOTHING} not known" in text
    assert "Words heard 90.0 % (90 of 100)" in text
    assert "False accepts an hour 2.00 3 in all" in text
    assert "Average power, estimated 12.6 µW" in text


def test_absent_figures_say_why() -> None:
    text = flat(shown(BARE))
    assert f"Instructions {NOTHING} not measured: no emulator for this board" in text
    assert f"Cycles, estimated {NOTHING} no cycle model for this CPU" in text
    assert "RAM without stack 46,080 B" in text
    assert f"Bit-exact {NOTHING} not compared: reference, host C, target C, TFLM" in text
    no_current = flat(shown(replace(FULL, energy=None)))
    assert f"Energy, estimated {NOTHING} no published current for this board" in no_current


def test_names_neither_colour_nor_steer_the_terminal() -> None:
    named = replace(FULL, model=HOSTILE, layers=(_layer(HOSTILE),))
    plain = shown(named, 200)
    assert "[red]" in plain
    assert "\x1b" not in plain
    coloured = shown(named, 200, terminal=True)
    assert "\x1b[1m" in coloured  # the terminal's own bold
    assert "\x1b[31m" not in coloured


def test_a_difference_is_red() -> None:
    wrong = replace(FULL, bit_exact=replace(FULL.bit_exact, host=False))
    assert "differ: host C; agree: reference, target C" in flat(shown(wrong, 200))
    assert re.search(r"\x1b\[1;31m +no", shown(wrong, 200, terminal=True))
    assert "\x1b[1;31m" not in shown(FULL, 200, terminal=True)


def test_kernels_lose_what_the_operator_says() -> None:
    assert flat(shown(replace(FULL, layers=(_layer("a"),)))).count("1 a conv2d s8_dsp 10 20") == 1


def test_layers_that_look_alike_keep_their_number() -> None:
    twins = tuple(_layer(f"{'long/' * 20}{i}{'/name' * 20}") for i in range(2))
    lines = shown(replace(FULL, layers=twins)).splitlines()
    assert [line[:2] for line in lines if "conv2d" in line] == ["1 ", "2 "]


def test_many_classes_are_left_to_the_page() -> None:
    labels = tuple(f"c{i}" for i in range(13))
    none = tuple((0,) * 13 for _ in labels)
    assert "true class down" not in shown(replace(study(), labels=labels, confusion=none))


@given(st.text(), st.integers(1, 40))
def test_elided_names_fit_and_keep_both_ends(name: str, width: int) -> None:
    short = elide(name, width)
    assert cell_len(short) <= width
    assert short.isprintable()
    whole = printable(name)
    if cell_len(whole) <= width:
        assert short == whole
    else:
        head, tail = short.split("…", 1) if "…" not in whole else ("", "")
        assert whole.startswith(head)
        assert whole.endswith(tail)


def _layer(name: str) -> Layer:
    return Layer(name, "nn.conv2d", "mw_conv2d_s8_dsp", 10, 20, 30, 40)
