"""Holds the looks: text, controls and lines stand out from what lies under them, in the light and in the dark theme."""

import tomllib

import pytest

from tests.places import ROOT

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
WHITE = "#ffffff"  # Streamlit writes in white on the primary colour, in both themes
TEXT, GRAPHIC = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
BACKGROUNDS = ("backgroundColor", "secondaryBackgroundColor")


def luminance(color: str) -> float:
    """Relative luminance of "#rrggbb", 0 to 1 (WCAG 2.2)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right():
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", ["light", "dark"])
class TestContrast:
    def test_text_stands_out(self, mode: str):
        theme = THEME[mode]
        for under in (theme[name] for part in (theme, theme["sidebar"]) for name in BACKGROUNDS):
            assert contrast(theme["textColor"], under) >= 7
            assert contrast(theme["linkColor"], under) >= TEXT

    def test_text_on_the_primary_colour_stands_out(self, mode: str):
        assert contrast(WHITE, THEME[mode]["primaryColor"]) >= TEXT

    def test_controls_stand_out(self, mode: str):
        theme = THEME[mode]
        for part in (theme, theme["sidebar"]):
            assert contrast(theme["primaryColor"], part["backgroundColor"]) >= GRAPHIC

    def test_the_first_five_lines_of_a_chart_stand_out(self, mode: str):
        theme = THEME[mode]
        for color in theme["chartCategoricalColors"][:5]:
            assert contrast(color, theme["backgroundColor"]) >= GRAPHIC

    def test_more_is_further_from_the_background(self, mode: str):
        theme = THEME[mode]
        ratios = [contrast(color, theme["backgroundColor"]) for color in theme["chartSequentialColors"]]
        assert len(ratios) == 10
        assert ratios == sorted(ratios)


def test_the_diverging_colours_are_as_strong_on_either_side_of_zero():
    colors = THEME["chartDivergingColors"]
    assert len(colors) == 10
    for negative, positive in zip(colors[:5], reversed(colors[5:]), strict=True):
        assert contrast(negative, positive) < 1.15
        assert int(negative[5:7], 16) > int(negative[1:3], 16)  # blue
        assert int(positive[5:7], 16) < int(positive[1:3], 16)  # orange
    assert [luminance(c) for c in colors[:5]] == sorted(luminance(c) for c in colors[:5])


def test_no_font_comes_over_the_network():
    assert "://" not in str(THEME)
