"""What a comment on a pull request asks `cbspec accept` for."""

import pytest

from cbspec.cli.request import requested
from cbspec.errors import ConfigError


@pytest.mark.parametrize(
    ("comment", "claim", "reason"),
    [
        ("/cbspec accept 7A.a because the step is the memo's", "7A.a", "the step is the memo's"),
        ("/cbspec accept F.4[depth=2] because of X\r\nmore", "F.4[depth=2]", "of X"),
        ("/cbspec accept a because because it is", "a", "because it is"),
        ('/cbspec accept 7A.a because $(rm -rf .) `x` "y" ; z', "7A.a", '$(rm -rf .) `x` "y" ; z'),
        ("/cbspec accept --all because I can", "--all", "I can"),
        (
            "  /cbspec accept F.4[label=two words] because so\r\nsecond line",
            "F.4[label=two words]",
            "so",
        ),
    ],
)
def test_the_first_line_names_claim_and_reason(comment, claim, reason):
    """Whatever the words hold, they are an id and a reason, and later lines are nothing."""
    assert requested(comment) == (claim, reason)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "thanks!",
        "/cbspec accept 7A.a",
        "/cbspec accept because it is right",
        "/cbspec accept 7A.a because ",
        "/cbspec accept 7A.a\nbecause it is right",
        "see /cbspec accept 7A.a because it is right",
        "/cbspec acceptance 7A.a because it is right",
    ],
)
def test_anything_else_is_refused(comment):
    """A comment that does not say claim and reason is told how to."""
    with pytest.raises(ConfigError, match="/cbspec accept ID because REASON"):
        requested(comment)


def test_a_request_puts_its_claim_on_record(project):
    """The claim that a comment names goes on record; `--all` in its place is no claim's id."""
    project.claim("light.yaml")
    project.run()
    refused = project.cbspec("accept", "--request", "-", input="/cbspec accept --all because so\n")
    taken = project.cbspec("accept", "--request", "-", input="/cbspec accept 1.a because so\n")

    assert (refused.exit_code, taken.exit_code) == (2, 0)
    assert "--all" in refused.stderr
    assert "1.a (quick, cpu): new: not on record -> holds" in taken.stdout


def test_a_comment_in_another_encoding_is_read(laboratory):
    """Bytes that are no UTF-8 are no reason to break."""
    laboratory.run()
    comment = laboratory.root / "comment.txt"
    comment.write_bytes("/cbspec accept 1.a because d\xe9j\xe0 vu".encode("latin-1"))

    result = laboratory.cbspec("accept", "--request", str(comment))

    assert result.exit_code == 0
