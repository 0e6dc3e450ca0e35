"""From the terminal to the page of a run, and to a pull request."""

from cbspec.report import write_pages
from cbspec.report.formats import load


def pages(laboratory):
    """A run's pages, the HTML page among them."""
    from cbspec.config import load as configured

    config = configured(laboratory.root)
    write_pages(laboratory.run(), config.reports, load(config))
    return (laboratory.root / "reports" / "latest.html").as_uri()


def test_commands_link_to_a_claim(laboratory):
    """show, explain and status end with the address of the claim's part of the page."""
    address = pages(laboratory)

    assert laboratory.cbspec("show", "1.a").stdout.endswith(f"page: {address}#claim-1.a\n")
    assert laboratory.cbspec("explain", "2.a").stdout.endswith(f"page: {address}#claim-2.a\n")
    assert laboratory.cbspec("status", "1.a").stdout.endswith(f"page: {address}#claim-1.a\n")
    assert laboratory.cbspec("status").stdout.endswith(f"page: {address}\n")


def test_without_a_page_there_is_no_link(laboratory):
    """Before anything was run or published, and for a claim that no page has, no address is told."""
    assert "page:" not in laboratory.cbspec("show", "1.a").stdout
    pages(laboratory)
    page = laboratory.root / "reports" / "latest.html"
    page.write_text(page.read_text().replace('id="claim-1.a"', ""))

    assert "page:" not in laboratory.cbspec("show", "1.a").stdout
    assert "page:" in laboratory.cbspec("show", "2.a").stdout


def test_the_page_of_the_record_is_linked_where_nothing_was_run(laboratory):
    """A fresh checkout has the published page."""
    laboratory.cbspec("publish")
    address = (laboratory.root / "reports" / "replication.html").as_uri()

    assert laboratory.cbspec("show", "1.a").stdout.endswith(f"page: {address}#claim-1.a\n")


def test_a_run_as_a_comment(laboratory):
    """comment prints the last run, or writes it into a file, with links to the page."""
    missing = laboratory.cbspec("comment")
    pages(laboratory)
    printed = laboratory.cbspec("comment", "--page", "https://host/page")
    laboratory.cbspec("comment", "--page", "https://host/page", "--output", "comment.md")

    assert missing.exit_code == 1
    assert "there is no report of a run yet" in missing.stderr
    assert printed.stdout.startswith("<!-- cbspec -->\n## Claims: none needs a look\n")
    assert "[1.a](https://host/page#claim-1.a)" in printed.stdout
    assert (laboratory.root / "comment.md").read_text() == printed.stdout
    assert laboratory.json("comment")["text"].startswith("<!-- cbspec -->\n")
