"""The picture of accuracy against cost."""

import re
from xml.etree import ElementTree as ET

from milliwatt.report.pareto import Mark, Resource, pareto

NS = {"s": "http://www.w3.org/2000/svg"}
MARKS = (
    Mark("big", 0.95, (100.0, None), name="large & old"),
    Mark("mid <1>", 0.94, (60.0, None), best=True),
    Mark("poor", 0.80, (80.0, None)),
)


def drawn(least=0.9):
    return ET.fromstring(  # noqa: S314  (our own document)
        pareto("T", "about", (Resource("Flash", 70.0), Resource("ms")), MARKS, least)
    )


def test_it_is_a_document_of_its_own():
    assert drawn().get("aria-label") == "T. about"
    assert drawn().find("s:style", NS) is not None


def test_dots_stand_by_what_they_take_and_reach():
    dots = drawn().findall(".//s:circle", NS)
    assert [d.get("class") for d in dots] == ["front", "best", "dot"]
    (x0, y0), (x1, y1), (x2, y2) = ((float(d.get("cx")), float(d.get("cy"))) for d in dots)
    assert x1 < x2 < x0
    assert y0 < y1 < y2  # up is better
    # 100, 80 and 60 are as far apart; places are written to a tenth of a pixel
    assert abs((x0 - x2) - (x2 - x1)) <= 0.2


def test_the_line_joins_the_front_alone():
    (line,) = drawn().findall(".//s:polyline", NS)
    assert len(line.get("points").split()) == 2


def test_limits_are_lines_and_absent_where_there_is_none():
    assert len(drawn().findall(".//s:line[@class='limit']", NS)) == 2


def test_a_resource_that_nothing_is_known_of_says_so():
    assert "not known of this board" in "".join(drawn().itertext())


def test_labels_are_escaped_and_only_where_asked():
    text = "".join(t.text or "" for t in drawn().findall(".//s:text", NS))
    assert "large & old" in text
    assert "big" not in text
    assert "mid" not in text
    tips = [t.text for t in drawn().findall(".//s:title", NS)]
    assert any(re.fullmatch(r"mid <1>: 94\.00 %, 60", t) for t in tips)
