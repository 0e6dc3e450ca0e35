"""Defaults and claims of the laboratory whose engine is `tests/labs/garden.py`."""

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {days: 3}
  memo: {days: 30}
stages:
  plant: {stage: grow, day: $days}
"""

LIGHT = """\
id: 1.a
title: More light makes taller plants
phase: 1A
status: active
source: {memo: gardening log, figures: {height: {dark: 6.0, bright: 24.0}}}
experiment: plant
arms:
  dark: {light: 2.0}
  bright: {light: 8.0}
assert:
  - {kind: order, measure: height, arms: [dark, bright], direction: ascending}
scales: [quick, memo]
"""

# Refuted: the arms are in the wrong order
WRONG = LIGHT.replace("arms: [dark, bright]", "arms: [bright, dark]").replace("id: 1.a", "id: 1.b")

WEIGHT = """\
id: 2.a
title: Taller plants weigh more
phase: 2A
status: active
revises: [1.a]
source: {memo: gardening log, figures: {}}
experiment: {stage: weigh, plant: plant}
arms:
  dark: {plant: {light: 2.0}}
  bright: {plant: {light: 8.0}}
assert:
  - {kind: order, measure: weight, arms: [dark, bright], direction: ascending}
scales: [quick]
"""

# An error: the stage of one arm raises
BROKEN = """\
id: 2.a
title: More light makes taller plants
phase: 2A
status: active
source: {memo: gardening log, figures: {weight: {dark: 6.0, bright: 24.0}}}
experiment: {stage: weigh, plant: plant}
arms:
  dark: {}
  bright: {broken: true}
assert:
  - {kind: order, measure: weight, arms: [dark, bright], direction: ascending}
scales: [quick, memo]
"""
