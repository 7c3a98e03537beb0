"""Reads values from the template without a YAML library."""

import re
from pathlib import Path

_TEXT = (Path(__file__).parents[1] / "template.yaml").read_text()


def _parameter(name: str) -> str:
    """A parameter's default."""
    block = re.search(rf"^  {name}:\n((?:    .*\n)+)", _TEXT, re.MULTILINE)
    default = block and re.search(r"^    Default: (.*)$", block[1], re.MULTILINE)
    return default[1].strip("\"'") if default else ""


def queues() -> dict[str, int]:
    """How many calls each queue may run at once, by the parameter with that number, or by the queue's position."""
    found = {}
    for place, number in enumerate(re.findall(r"MaximumConcurrency: (?:!Ref )?(\w+)", _TEXT)):
        # Two queues may have the same parameter.
        is_new = number.isidentifier() and number not in found
        found[number if is_new else f"queue {place}"] = int(
            number if number.isdecimal() else _parameter(number)
        )
    return found


QUEUES = queues()

# Names of log groups, with the placeholder ${AWS::StackName} for the stack's name.
LOG_GROUPS = re.findall(r'LogGroupName: !Sub "([^"]+)"', _TEXT)

# The parameter for the key of an encrypted bucket, if the template has one.
KEY_PARAMETER = next(iter(re.findall(r"^  (\w*Kms\w*):$", _TEXT.split("\nConditions:")[0], re.MULTILINE)), "")
