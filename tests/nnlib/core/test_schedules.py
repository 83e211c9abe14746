"""The learning-rate schedules: their values by hand, their bounds for any run, and what they refuse."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.schedules import SCHEDULES, learning_rate
from tests.nnlib.oracles import assert_one_sentence

every_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def rates(schedule: str, num_iterations: int, base: float = 1.0, **settings: Any) -> list[float]:
    return [learning_rate(schedule, base, t, num_iterations, **settings) for t in range(num_iterations)]


def test_constant_stays():
    assert rates("constant", 4, base=0.3, lr_decay=0.5) == [0.3] * 4


def test_step_decays_after_every_epoch():
    settings = {"iterations_per_epoch": 2, "lr_decay": 0.5}
    assert rates("step", 6, base=8.0, **settings) == [8, 8, 4, 4, 2, 2]


def test_cosine_falls_along_half_a_cosine():
    assert rates("cosine", 6, base=4.0) == pytest.approx([4, 2 + 3**0.5, 3, 2, 1, 2 - 3**0.5], rel=1e-14)


def test_warm_up_climbs_in_equal_steps_and_then_the_schedule_begins():
    assert rates("constant", 8, base=4.0, warmup=0.5) == [1, 2, 3, 4, 4, 4, 4, 4]
    climb = [1 / 4, 2 / 4, 3 / 4, 1]
    fall = [1, (2 + 3**0.5) / 4, 3 / 4, 1 / 2, 1 / 4, (2 - 3**0.5) / 4]
    assert rates("cosine", 10, warmup=0.4) == pytest.approx([*climb, *fall], rel=1e-14)
    assert rates("step", 4, base=8.0, warmup=0.25, lr_decay=0.5) == [8, 4, 2, 1]


@every_schedule
@given(
    base=st.floats(1e-6, 10),
    num_iterations=st.integers(1, 60),
    iterations_per_epoch=st.integers(1, 60),
    lr_decay=st.floats(0.1, 1),
    warmup=st.floats(0, 1, exclude_max=True),
)
def test_rates_lie_between_0_and_base_climb_once_and_then_never_rise(
    schedule, base, num_iterations, iterations_per_epoch, lr_decay, warmup
):
    found = rates(
        schedule, num_iterations, base, iterations_per_epoch=iterations_per_epoch, lr_decay=lr_decay, warmup=warmup
    )
    assert all(0 < rate <= base * (1 + 1e-12) for rate in found)
    climb = round(warmup * num_iterations)
    assert found[:climb] == sorted(found[:climb])
    assert found[climb:] == sorted(found[climb:], reverse=True)
    if schedule != "step" and climb:
        assert max(found) == pytest.approx(base)


@pytest.mark.parametrize("schedule", ["Cosine", "", None, "linear"])
def test_unknown_schedules_are_refused(schedule):
    with pytest.raises(ValueError, match="no schedule") as error:
        learning_rate(schedule, 1.0, 0, 10)
    assert_one_sentence(error, repr(schedule), *SCHEDULES)


@every_schedule
@pytest.mark.parametrize("warmup", [-0.1, 1, 2.5, float("nan")])
def test_a_warm_up_that_is_no_share_is_refused(schedule, warmup):
    with pytest.raises(ValueError, match="0 <= warmup < 1") as error:
        learning_rate(schedule, 1.0, 0, 10, warmup=warmup)
    assert_one_sentence(error, str(warmup))
