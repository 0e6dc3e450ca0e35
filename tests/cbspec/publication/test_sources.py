"""The memo's values of today beside recorded effects."""

import pytest

from cbspec.project import Project
from cbspec.publication.sources import with_sources
from tests.support.claim_text import LIGHT

ORDER = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
KINDS = [
    ORDER,
    "{kind: threshold, measure: height, arms: [dark], above: 1}",
    "{kind: equivalence, measure: height, arms: [dark], to: 0, margin: 10}",
    "{kind: ratio, measure: height, arms: [bright, dark], above: 1}",
    "{kind: collapse, measure: height, arms: [dark], reference: bright}",
    "{kind: z, measure: height, arms: [dark], sigma: 1, above: 0}",
    "{kind: unpaired, measure: height, arms: [bright, dark], above: 0}",
    "{kind: figure, axes: {height: [0, 99]}, arms: [dark, bright]}",
    "{kind: quantile, measure: height, arms: [dark], above: 0}",
    f"{{kind: all, of: [{ORDER}, {{kind: sign, measure: height, arms: [dark], sign: positive}}]}}",
]


def reported(ledger):
    """Label -> the memo's value, of every effect of 1.a on record."""
    values = {}
    for entry in ledger.of("1.a"):
        for asserted in entry.assertions:
            values |= {effect.label: effect.reported for effect in asserted.effects}
    return values


@pytest.mark.parametrize("assertion", KINDS, ids=lambda words: words[7:].partition(",")[0])
def test_it_is_what_judging_puts_there(laboratory, assertion):
    """Of an unedited claim nothing changes; of a corrected one it is what a new run would record."""
    text = LIGHT.replace(ORDER, assertion) + "seeds: 1..6\n"
    laboratory.claim("phase1/1.a.yaml", text)
    laboratory.record(laboratory.run())
    claims = Project(laboratory.root).at_every_scale()
    same = with_sources(laboratory.ledger, claims)
    recorded = list(laboratory.ledger)

    laboratory.claim(
        "phase1/1.a.yaml", text.replace("{dark: 6.0, bright: 24.0}", "{dark: 4.0, bright: 9.0}")
    )
    corrected = with_sources(laboratory.ledger, Project(laboratory.root).at_every_scale())
    laboratory.record(laboratory.run())

    assert list(same) == recorded
    assert reported(corrected) == reported(laboratory.ledger)
