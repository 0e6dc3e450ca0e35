import pytest

from cbspec.model.replicates import AS_PUBLISHED, counted, noun, one

CLUSTERS = "clusters of test items, and not training runs"


@pytest.mark.parametrize(
    ("count", "replicates", "text"),
    [
        (1, "seeds", "1 seed"),
        (3, "seeds", "3 seeds"),
        ("3 to 6", "runs", "3 to 6 runs"),
        (1, CLUSTERS, "1 cluster of test items, and not training runs"),
        (10, CLUSTERS, "10 clusters of test items, and not training runs"),
        (1, "seeds and runs", "1 seed and run"),
        (1, AS_PUBLISHED, "as published"),
    ],
)
def test_replicates_are_counted_as_what_they_are(count, replicates, text):
    """One of them is singular, and what nobody has counted has no number."""
    assert counted(count, replicates) == text


def test_the_noun_stands_alone():
    """Sentences that count nothing take the noun without its addition."""
    assert (noun(CLUSTERS), one(CLUSTERS)) == ("clusters of test items", "cluster of test items")
