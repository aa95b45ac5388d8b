"""Names of points in a chart stand apart, whatever lies near."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from llmpricing.web.site.charts.label_places import Spot, placed

SIZE = (700, 340)
LETTER, TALL = 6.4, 13


def boxes(spots: list[Spot]) -> dict[str, tuple[float, float, float, float]]:
    by_name = {one.name: one for one in spots}
    found = {}
    for (align, dx, dy), names in placed(spots, [], SIZE).items():
        for name in names:
            one, width = by_name[name], LETTER * len(name)
            left = one.x + dx - (width if align == "right" else 0)
            found[name] = (left, one.y + dy - TALL / 2, left + width, one.y + dy + TALL / 2)
    return found


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 340)), min_size=1, max_size=15))
def test_no_name_lies_on_another_or_leaves_the_chart(points: list[tuple[int, int]]) -> None:
    spots = [Spot(f"Model number {place}", x, y) for place, (x, y) in enumerate(sorted(points))]
    found = boxes(spots)
    for (left, top, right, bottom), (other, above, end, below) in combinations(found.values(), 2):
        assert right <= other or end <= left or bottom <= above or below <= top
    for left, top, right, bottom in found.values():
        assert left >= 0
        assert top >= 0
        assert right <= SIZE[0]
        assert bottom <= SIZE[1]


def test_the_best_of_points_close_together_has_its_name_and_so_have_the_others_where_there_is_room() -> None:
    spots = [Spot("DeepSeek V4 Flash", 100, 300), Spot("GPT-5.6 Luna", 130, 290), Spot("GPT-5.6 Sol", 140, 284)]
    assert boxes(spots).keys() == {one.name for one in spots}


def test_a_name_gives_way_to_a_point_that_has_none() -> None:
    (place,) = placed([Spot("Alone", 300, 170)], [], SIZE)
    assert place[0] == "left"
    above = [(320.0 + step, 159.0) for step in range(0, 40, 10)]
    ((align, _, dy),) = placed([Spot("Alone", 300, 170)], above, SIZE)
    assert (align, dy) != place[::2]
