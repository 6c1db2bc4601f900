"""The page: well formed, closed to the outside, safe from names, honest about what is absent."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report.samples import BARE, FULL, HOSTILE, study

from milliwatt.report import result_page, study_page
from milliwatt.report.charts import steps
from milliwatt.report.result import Buffer, Counted, Duty, Layer, LayerError, Metric, Result
from milliwatt.report.units import NOTHING

VOID = {"meta", "br", "img", "link", "input", "hr", "wbr"}
LIMIT_BYTES = 2_000_000
FIGURE_WITH_UNIT = re.compile(
    r"\d ([kM] )?(B|dB|cycles est\.|instructions)$|^(100|\d+\.\d) % \(.+ of .+\)$"
)


class Page(HTMLParser):
    """Collects texts and attributes, and fails where tags do not balance."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str, str]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((*self.open[-1], data) if self.open else ("", "", data))

    def visible(self) -> str:
        """Return everything a reader sees, with plain spaces."""
        shown = (text for tag, _, text in self.texts if tag != "style")
        return " ".join(shown).replace("\N{NO-BREAK SPACE}", " ")

    def of(self, tag: str, kind: str) -> list[str]:
        """Return the texts directly inside elements of one tag and class."""
        return [
            text.replace("\N{NO-BREAK SPACE}", " ")
            for t, k, text in self.texts
            if (t, k) == (tag, kind)
        ]


PAGES = {
    "result": result_page(FULL),
    "bare result": result_page(BARE),
    "study": study_page(study()),
    "bare study": study_page(study(BARE)),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_page_is_well_formed_and_closed(page: str) -> None:
    parsed = Page(page)
    assert page.startswith("<!DOCTYPE html>")
    assert len(page.encode()) < LIMIT_BYTES
    assert not re.search(r"https?://|@import|url\(|<script|<link|<iframe|<img", page, re.IGNORECASE)
    names = {name for _, name, _ in parsed.attributes}
    assert not names & {"src", "href", "srcset", "onclick", "onload"}
    assert not re.search(r"\b(None|nan|inf)\b", parsed.visible())


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_pictures_say_what_they_show(page: str) -> None:
    pictures = re.findall(r'<svg class="[^>]*>', page)
    assert pictures
    for picture in pictures:
        assert 'role="img"' in picture
        assert re.search(r'aria-label="[^"]{10,}"', picture)


def test_names_from_files_are_text() -> None:
    named = replace(
        FULL, model=HOSTILE, compiler_version=HOSTILE, cycle_model=HOSTILE, targets={HOSTILE: "x"}
    )
    made = replace(study(named), title=HOSTILE, task=HOSTILE, labels=(HOSTILE, "b", "c", "d"))
    page = study_page(made)
    assert "<script" not in page.lower()
    assert "\x1b" not in page
    assert '<script>alert("x")</script>' in Page(page).visible()
    quoted = result_page(replace(FULL, layers=(_layer('" onload="evil'),)))
    assert "onload" not in {name for _, name, _ in Page(quoted).attributes}


def test_headlines_have_values_and_units() -> None:
    values = Page(PAGES["study"]).of("p", "value")
    # 14,212 + 12,400 bytes of flash; 46,080 + 128 + 612 bytes of RAM.
    assert values == [
        "97.5 %", "26,612 B", "46,820 B", "4,752,229", "6,194,745", "96.8 ms", "958 µJ", "yes",
        "12.6 µW", "90.0 % (90 of 100)", "2.00",
    ]  # fmt: skip
    seen = Page(PAGES["study"]).visible()
    assert "2.5 % of the board's 1 MiB: code 14,212 B, weights 12,400 B" in seen
    assert "100 % (40 of 40)" in seen
    assert "51.6 µA/MHz at 3 V" in seen
    assert FULL.energy is not None
    assert FULL.energy.source in seen
    assert "clang 21.1.0 (zig 0.17.1)" in seen


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_charts_have_no_figure_without_unit(page: str) -> None:
    parsed = Page(page)
    for text in parsed.of("text", "figure"):
        assert FIGURE_WITH_UNIT.search(text) or text == "exact (∞ dB)", text
    axis = parsed.of("text", "axis")
    assert axis
    assert all(re.search(r"\d (B|KiB|MiB)$", text) for text in axis)
    assert len(parsed.of("text", "bound")) == 1


def test_absent_figures_say_why() -> None:
    page = Page(PAGES["bare result"])
    assert page.of("p", "value") == [NOTHING, "46,080 B", *[NOTHING] * 5]
    seen = page.visible()
    assert "RAM without stack" in seen
    assert "no emulator for this board" in seen
    assert "no cycle model for this CPU" in seen
    assert "15.2 % above the least possible, 40,000 B" in seen


@pytest.mark.parametrize(
    "result",
    [
        replace(FULL, instructions=None),
        replace(FULL, cycles_estimated=None),
        replace(FULL, latency_ms_estimated=None),
        replace(FULL, energy=None),
        replace(FULL, flash=None),
    ],
    ids=["instructions", "cycles", "latency", "energy", "flash"],
)
def test_each_figure_may_be_absent_alone(result: Result) -> None:
    page = Page(result_page(result))
    assert not re.search(r"\bNone\b", page.visible())
    assert page.of("p", "value").count(NOTHING) == 1


def test_a_model_too_large_and_a_difference_stand_out() -> None:
    limits = replace(FULL.limits, ram_bytes=40_000)
    bits = replace(FULL.bit_exact, target=False)
    page = result_page(replace(FULL, limits=limits, bit_exact=bits))
    assert page.count('class="card bad"') == 2
    seen = Page(page).visible()
    assert "117.0 % of the board's 39.1 KiB" in seen  # 46,820 / 40,000
    assert "Outputs differ: 16 samples; differ: target C; agree: reference, host C" in seen


def test_buffers_stand_where_the_plan_put_them() -> None:
    result = replace(
        FULL,
        buffers=(Buffer("whole", 512, 0, 3, 0), Buffer("upper", 512, 3, 3, 512)),
        layers=FULL.layers[:4],
        ram=replace(FULL.ram, arena=1024),
        arena_bound_bytes=1024,
    )
    page = result_page(result)
    # A map of 320 px for 1024 bytes and four layers: upwards 0 to 160 px, then 160 to 320.
    assert '<svg x="0.000%" y="160.00" width="100.000%" height="160.00">' in page
    assert '<svg x="75.000%" y="0.00" width="25.000%" height="160.00">' in page
    assert "upper: 512 B at offset 512 B, layer 4 to 4" in page


def test_rows_make_steps() -> None:
    streamed = replace(FULL, buffers=(Buffer("ring", 64, 0, 99, 0),))
    assert steps(streamed) == (range(100), "step")
    assert steps(FULL) == (range(12), "layer")


def test_bars_are_as_long_as_their_figures() -> None:
    page = study_page(study())
    # Longest: 14,212 bytes of code. The third row, 2 * 38 + 20 px down, has 1,792 bytes: 12.61 %.
    assert page.count('y="96" width="12.61%"') == 1
    # SQNR below 0 dB has no length, infinite is full.
    silent = replace(study(), sqnr=(LayerError("a", float("nan")), LayerError("b", 10.0)))
    assert f"{NOTHING} (silent layer)" in Page(study_page(silent)).visible()


def test_heat_leaves_text_readable() -> None:
    page = study_page(study())
    assert page.count('class="right strong" style="--heat:100%"') == 3
    assert page.count('class="right strong" style="--heat:97%"') == 1  # 9 of 10
    assert page.count('class="wrong" style="--heat:8%"') == 1  # 1 of 10
    assert 'title="Running, answered Walking: 1 of 10 recordings"' in page


def test_nothing_to_show_is_no_section() -> None:
    empty = replace(FULL, layers=(), buffers=(), macs=0, flash=None, instructions=None)
    assert "Memory over time" not in Page(result_page(empty)).visible()
    nothing = Metric("Accuracy", None, Counted(0, 0, 0.0, 1.0), None)
    few = replace(study(), sqnr=(), seconds={}, accuracy=nothing, goals=(), duty=None, heard=None)
    seen = Page(study_page(few)).visible()
    assert "Quantisation error" not in seen
    assert "0 of 0" in seen
    assert "Goals" not in seen
    assert "Average power" not in seen


def test_goals_scores_power_and_stream_are_told_with_their_samples() -> None:
    seen = Page(PAGES["study"]).visible()
    for text in (
        "accuracy at least 95 % 97.5 % met",
        "flash at most 20,000 B 23,412 B missed",
        "latency at most 5 ms \N{EN DASH} not known",
        "Accuracy on the device 97.5 % (39 of 40), 95 % interval 87.1 to 99.6 %",
        "Specificity in int8 96.7 % (29 of 30), 95 % interval 83.3 to 99.4 %",
        "0.4 results a second; 0.2 % of the core's time; computing 3.10 µW; asleep 9.50 µW",
        "asleep 9.50 µW (data sheet, section 5)",
        "in a stream of 1.5 h, threshold 0.85",
        "3 in all, 95 % interval 0.41 to 5.84; 40 other clips",
    ):
        assert text in seen.replace("\N{NO-BREAK SPACE}", " "), text
    unknown = replace(study(), duty=Duty(25.0, 0.05, 0.5, None, None))
    assert "sleep current not said: see [power]" in Page(study_page(unknown)).visible()


def test_page_of_a_large_model_stays_small() -> None:
    count = 1000
    many = tuple(_layer(f"{'network/' * 12}layer_{i}") for i in range(count))
    buffers = tuple(Buffer(x.name, 64, i, min(i + 1, count - 1), 0) for i, x in enumerate(many))
    large = replace(FULL, layers=many, buffers=buffers)
    errors = tuple(LayerError(x.name, 20.0) for x in many)
    assert len(study_page(replace(study(), result=large, sqnr=errors)).encode()) < LIMIT_BYTES


def _layer(name: str) -> Layer:
    return Layer(name, "nn.conv2d", "mw_conv2d_s8_dsp", 10, 20, 30, 40)
