"""The picture of a trend: what is drawn, where it leads, and that nothing in it is more than a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from remiss.present.sparkline import Point, sparkline

SVG = "{http://www.w3.org/2000/svg}"


def point(place, value, **more):
    return Point(place=place, value=value, href=f"/cases?query=w{place}&x=1", says=f"window {place}", **more)


def drawn(points, **more):
    return ET.fromstring(sparkline(points, **more))


def centres(picture):
    return [(float(each.get("cx")), float(each.get("cy"))) for each in picture.iter(f"{SVG}circle")]


def test_each_window_is_a_mark_that_leads_somewhere_and_says_what_it_is():
    picture = drawn([point(0, 0.1), point(1, 0.3)])
    assert [link.get("href") for link in picture.iter(f"{SVG}a")] == ["/cases?query=w0&x=1", "/cases?query=w1&x=1"]
    assert [title.text for title in picture.iter(f"{SVG}title")] == ["window 0", "window 1"]


def test_the_marks_of_many_windows_are_a_few_hundred_letters_and_lead_nowhere():
    points = [point(place, 0.1 + place % 7 / 10, provisional=place > 41) for place in range(44)]
    picture = drawn(points)
    assert list(picture.iter(f"{SVG}a")) == []
    [solid] = [path for path in picture.iter(f"{SVG}path") if path.get("stroke-linecap")]
    assert (solid.get("d").count("h0"), len(centres(picture))) == (42, 2)
    assert len(sparkline(points)) < 2_500
    one, two = [float(text.split("h")[0].split()[0]) for text in solid.get("d").split("M")[1:3]]
    assert one == centres(drawn(points[:12]))[0][0]
    assert one < two


def test_time_goes_right_and_more_is_higher():
    (x0, y0), (x1, y1), (x2, y2) = centres(drawn([point(0, 0.0), point(1, 0.5), point(4, 1.0)]))
    assert x1 - x0 < x2 - x1
    assert y0 > y1 > y2


def test_a_window_that_was_never_captured_leaves_a_gap_in_the_line():
    paths = drawn([point(0, 0.1), point(1, 0.2), point(3, 0.1), point(4, 0.2)]).iter(f"{SVG}path")
    assert [path.get("fill") for path in paths] == ["none", "none"]


def test_a_value_that_nobody_knows_has_no_mark():
    assert len(centres(drawn([point(0, 0.1), point(1, None), point(2, 0.2)]))) == 2


def test_what_may_still_change_is_hollow():
    circles = list(drawn([point(0, 0.1), point(1, 0.2, provisional=True)]).iter(f"{SVG}circle"))
    assert [circle.get("fill") for circle in circles] == [None, "none"]


def test_the_band_is_drawn_where_intervals_are_known_and_stays_in_the_picture():
    picture = drawn([point(0, 0.1), point(1, 0.1, low=0.0, high=0.9), point(2, 0.1, low=0.05, high=0.2)], height=40)
    [band] = [path for path in picture.iter(f"{SVG}path") if path.get("fill-opacity")]
    heights = [float(pair.split()[1]) for pair in band.get("d")[1:-1].split("L")]
    assert all(4 <= height <= 36 for height in heights)
    # One interval that reaches far does not press the values onto the ground.
    assert centres(picture)[0][1] < 30


def test_nothing_at_all_is_a_picture_too():
    assert centres(drawn([])) == []


def test_texts_in_it_are_text():
    hostile = Point(place=0, value=0.1, href='/cases?query="><script>', says="</title><script>alert(1)</script>")
    text = sparkline([hostile])
    assert "<script" not in text
    assert ET.fromstring(text).find(f"{SVG}a").get("href") == '/cases?query="><script>'


def test_it_is_drawn_by_attributes_alone_and_takes_no_focus():
    text = sparkline([point(0, 0.1, low=0.0, high=0.2), point(1, 0.2)])
    assert "style" not in text
    assert 'aria-hidden="true"' in text
    assert text.count("<a ") == text.count('tabindex="-1"')
