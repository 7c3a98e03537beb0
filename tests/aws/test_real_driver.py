"""The run on an AWS account, with the emulator as the account: it deploys, runs the stories, and removes everything."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import OWNER, REGION

HERE = Path(__file__).parent


@pytest.fixture
def started(emulator, tmp_path):
    """Starts the driver with these arguments; its profile is the emulator's owner."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile emulated]\nregion = {REGION}\naws_access_key_id = {OWNER['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {OWNER['AWS_SECRET_ACCESS_KEY']}\n"
    )
    environment = {key: value for key, value in emulator.environment.items() if key not in OWNER}
    environment |= {"AWS_CONFIG_FILE": str(config), "SSL_CERT_FILE": emulator.ca}

    def start(*words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(HERE / "real.py"), "--real", "emulated", *words],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )

    return start


def run_name(output: str) -> str:
    return re.search(r"vt-[0-9a-f]{8}", output)[0]


def remaining(client, run: str) -> list[str]:
    """The names of all resources that contain a run's name."""
    found = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    found += [stack["StackName"] for stack in client("cloudformation").describe_stacks()["Stacks"]]
    found += client("dynamodb").list_tables()["TableNames"]
    found += [one["FunctionName"] for one in client("lambda").list_functions(MaxItems=200)["Functions"]]
    found += [pool["Name"] for pool in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]]
    found += [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]]
    return [name for name in found if run in name]


def test_a_run_says_what_it_costs_and_makes_nothing_without_a_yes(started, client):
    output, _ = started("--mail-from", "a@example.org").communicate("no\n", timeout=60)
    assert re.search(r"costs about \$0\.\d\d", output) and "Nothing was made" in output
    assert not remaining(client, run_name(output))
    output, _ = started().communicate("", timeout=60)
    assert "No mail is sent" in output and "Nothing was made" in output


def test_a_run_runs_the_stories_and_leaves_nothing(started, client, site):
    stories = "test_a_link_opens_for_anybody or test_files_put_into_the_bucket or absent or mailed"
    run = started("--yes", "-k", stories)
    output, _ = run.communicate(timeout=600)
    assert "test_a_link_opens_for_anybody_and_downloads_one_file PASSED" in output, output
    assert "test_files_put_into_the_bucket_are_indexed_and_rendered PASSED" in output, output
    assert "left out: test_a_link_is_mailed_to_each_address_alone" in output, output
    assert f"Nothing that is named {run_name(output)} is left." in output, output
    assert remaining(client, run_name(output)) == []
    # The other stack still works.
    site.http("GET", site.url).expect(200)


def test_an_interrupted_run_leaves_nothing(started, client):
    run = started("--yes", "-k", "test_a_link_opens_for_anybody")
    lines = []
    for line in run.stdout:
        lines.append(line)
        # It is about to deploy.
        if ".py::" in line or "collected" in line:
            break
    run.send_signal(signal.SIGTERM)
    output = "".join(lines) + run.communicate(timeout=600)[0]
    assert run.returncode != 0 and "Broken off (SIGTERM)" in output, output
    assert f"Nothing that is named {run_name(output)} is left." in output, output
    assert remaining(client, run_name(output)) == []
