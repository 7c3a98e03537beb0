"""The cost tables of infra/aws/README.md, and the sentences that sum them, equal prices times amounts."""

import re
from math import floor

import pytest

import costs

TEXT = (costs.REPO / "infra/aws/README.md").read_text()
SECTION = TEXT.split("## What it costs\n")[1].split("\n## ")[0]
# In one line, because sentences wrap.
PROSE = " ".join(SECTION.split())


def table(heading: str) -> dict[str, list[str]]:
    """A table's cells by the name of the row, without text."""
    lines = SECTION[SECTION.index(heading) :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {re.split(r"[:,]", row[0])[0].removesuffix(" to the internet"): row[1:] for row in rows}


def cells(row: tuple[float, ...]) -> list[str]:
    # Rounds half a cent up, also where its binary fraction is a little less.
    return [f"{floor(value * 100 + 0.500001) / 100:.2f}" if value else "" for value in row]


@pytest.mark.parametrize(
    ("heading", "rows"), [("| | landings | downloads | bundles |", costs.MONTH), ("| | once | a month |", costs.LIBRARY)]
)
def test_each_cell_equals_prices_times_amounts(heading, rows):
    assert table(heading) == {name: cells(row) for name, row in rows.items()}


def test_the_sentences_sum_the_tables():
    once, monthly = (sum(column) for column in zip(*costs.LIBRARY.values()))
    for sentence in [
        f"{costs.alarms()} alarms (${costs.dollars(alarm=costs.alarms()):.2f})",
        f"{costs.metrics()} metrics (${costs.dollars(metric=costs.metrics()):.2f})",
        f"mails (${costs.dollars(mail=1000):.2f} a thousand)",
        f"{costs.FREE_TRANSFER} GB of transfer are free (−${costs.FREE:.2f})",
        f"costs about ${costs.TOTAL:.0f}, of which ${costs.TRANSFER - costs.FREE:.0f} are bytes",
        f"would cost about ${costs.EDGE:.0f}:",
        f"{costs.GB_LANDINGS:.0f} GB, {costs.GB_DOWNLOADS} GB, 1 TB",
        f"13,900 s a TB at 75 MB/s, ${costs.dollars(compute=13_900):.2f}",
        f"{costs.LOG:.2f} KB a request",
        f"${once:.0f} once and ${monthly:.2f} a month",
        f"thumbnail ({costs.THUMBNAIL} KB) and a compressed page ({costs.PAGE} KB an asset)",
    ]:
        assert sentence in PROSE, sentence


def test_prices_in_the_text_are_those_of_the_calculation():
    for sentence, name, amount in [
        ("HTTP API, ${:.2f} a million", "api", 1e6),
        ("table, ${:.3f} a million reads", "row read", 1e6),
        ("internet, ${:.2f} a GB", "transfer", 1),
        ("originals and old versions of them (${:.3f} a GB", "objects", 1),
    ]:
        assert sentence.format(costs.PRICES[name].dollars * amount) in PROSE, name


def test_the_text_names_the_prices_read_at_aws():
    read_at_aws = {name for name, price in costs.PRICES.items() if price.read_in == costs.AWS}
    assert read_at_aws == {"edge transfer", "rows"}
    read = "Only the prices of CloudFront's transfer with what is free there, and of rows kept, were read in AWS's own pages"
    assert read in PROSE
