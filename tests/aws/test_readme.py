"""infra/aws/README.md must explain every parameter of the template and have the headings that alarms name."""

import re

from conftest import REPO
from test_template import DOCUMENT, of_type

TEXT = (REPO / "infra/aws/README.md").read_text()


def test_exactly_the_parameters_of_the_template_are_explained():
    table = TEXT.split("\n## Parameters\n")[1].split("\n### ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    explained = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(explained) == sorted(DOCUMENT["Parameters"])


def test_headings_that_alarms_name_exist():
    descriptions = [alarm["AlarmDescription"] for alarm in of_type("AWS::CloudWatch::Alarm").values()]
    named = {name for text in descriptions for name in re.findall(r'See "([^"]+)" in infra/aws/README\.md', text)}
    assert named, "alarms on dead letters send people to the runbook"
    missing = {name for name in named if not re.search(rf"^#+ {re.escape(name)}$", TEXT, re.MULTILINE)}
    assert not missing
    assert all("README" not in text or re.search(r'See "[^"]+" in infra/aws/README\.md', text) for text in descriptions)
