"""The emulator and the stacks that the stories share."""

import functools
import io
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from certificates import Certificates
from emulator import Emulator
from post import Mailbox
from real_account import RealAccount
from site_under_test import Http, Recipient, Site, User

REPO = Path(__file__).resolve().parents[2]
TEMPLATE = REPO / "infra/aws/template.yaml"
MAIL_FROM = "shares@example.org"
# The account of a run that `tests/aws/run --real` started.
REAL = RealAccount.of_this_run()

# Stories that run only on the emulator, with the reason.
EMULATED = {
    "test_a_bucket_that_was_there_before_is_indexed": "test_real.py has its own, by EventBridge",
    "test_a_second_stack_keeps_to_itself_and_leaves_only_the_assets": "the clean-up shows what a stack leaves",
}


def pytest_configure(config):
    config.addinivalue_line("markers", "real: only on an AWS account, because the emulator can't show it")
    config.addinivalue_line("markers", "late: run last, after some time has passed")


def pytest_collection_modifyitems(config, items):
    def why_not(item) -> str:
        if not REAL:
            return "only on an AWS account" if item.get_closest_marker("real") else ""
        if "mailbox" in item.fixturenames:
            return "mails can't be looked at; test_real.py has their answers"
        if "mail_from" in item.fixturenames and not REAL.mail_from:
            return "no --mail-from"
        return EMULATED.get(item.originalname, "")

    reasons = {item: why_not(item) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if reasons[item]])
    if REAL:
        for item in filter(reasons.get, items):
            print(f"left out: {item.name} ({reasons[item]})")
    items[:] = sorted((item for item in items if not reasons[item]), key=lambda item: bool(item.get_closest_marker("late")))


@pytest.fixture(scope="session")
def mailbox():
    return Mailbox()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory, request):
    """The emulator, or the AWS account in its place."""
    if REAL:
        running = REAL
    else:
        log = tmp_path_factory.mktemp("emulator") / "log"
        running = Emulator(log, Certificates(log.parent), request.getfixturevalue("mailbox").address)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(emulator):
    """Clients of the account's owner, by service."""
    return functools.cache(emulator.client)


@pytest.fixture(scope="session")
def deploy(emulator, client, tmp_path_factory):
    """Deploys the template as infra/aws/README.md describes: package, then deploy."""
    folder = tmp_path_factory.mktemp("deploy")
    packaged, bucket = folder / "packaged.yaml", emulator.name("deploys")

    def aws(*arguments: str) -> None:
        done = subprocess.run([os.environ["AWS_CLI"], *arguments], env=emulator.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{emulator.complaint()}"

    make_bucket(client, bucket)
    package = ["--template-file", str(TEMPLATE), "--s3-bucket", bucket, "--output-template-file", str(packaged)]
    aws("cloudformation", "package", *package)

    def stack(name: str, **parameters: str) -> Site:
        name = emulator.name(name)
        # The emulator's sign-in page has no MFA.
        parameters = {"LogLevel": "info,aws::calls=debug", "Mfa": "OFF", **parameters}
        parameters = emulator.parameters(TEMPLATE.read_text(), parameters)
        aws(
            "cloudformation", "deploy", "--template-file", str(packaged), "--stack-name", name,
            "--s3-bucket", bucket, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
            "--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items()),
        )
        described = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        return Site(name, outputs, client, Http(emulator.ca), has_pages=not REAL)

    return stack


def make_bucket(client, name: str) -> None:
    region = client("s3").meta.region_name
    # S3 does not accept the name of its oldest region here.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client("s3").create_bucket(Bucket=name, **place)


@pytest.fixture(scope="session")
def restore(emulator):
    """Runs the runbook's restore command."""

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(REPO / "infra/aws/restore"), *arguments]
        return subprocess.run(command, env=emulator.environment, capture_output=True, text=True)

    return run


@pytest.fixture(scope="session")
def mail_from():
    """The address that an account's SES has verified."""
    return REAL.mail_from if REAL else MAIL_FROM


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the warnings and errors that the functions logged during a failed story to its report."""
    outcome = yield
    report = outcome.get_result()
    of = item.funcargs.get("client") if hasattr(item, "funcargs") else None
    if report.failed and report.when != "teardown" and of:
        # A real account has other functions too.
        begins = f"/aws/lambda/{REAL.run}" if REAL else "/aws/lambda/"
        for group in of("logs").describe_log_groups(logGroupNamePrefix=begins)["logGroups"]:
            name, start = group["logGroupName"], int(call.start * 1000)
            events = of("logs").filter_log_events(logGroupName=name, startTime=start)["events"]
            lines = [event["message"] for event in events]
            troubles = [line for line in lines if re.search(r"WARN|ERROR|rror", line) and "aws::calls" not in line]
            if troubles:
                report.sections.append((name, "\n".join(troubles[-10:])))


@pytest.fixture(scope="session")
def site(deploy):
    return deploy("vitrine", MailFrom=MAIL_FROM, SweepEvery="rate(1 minute)", FollowUsersEvery="rate(1 minute)")


@pytest.fixture(scope="session")
def user(emulator, site):
    """Users by level, created at their first use and signed in at Cognito's page."""
    made = {}

    def of(level: str) -> User:
        if level not in made:
            email, password = site.make_user(f"{level}-1", level, f"{level.capitalize()} One")
            made[level] = User(site, site.sign_in(emulator.url, email, password)["id_token"])
        return made[level]

    return of


@pytest.fixture(scope="session")
def put(client, site):
    """Puts files straight into the bucket, as any tool would."""

    def file(path: str, content: bytes) -> None:
        client("s3").put_object(Bucket=site.outputs["AssetsBucket"], Key=f"library/{path}", Body=content)

    return file


@pytest.fixture(scope="session")
def library(put, user):
    """The folder that most stories share: three photographs, already rendered."""
    names = ["dune.jpg", "harbour ü.jpg", "Café & Co.jpg"]
    files = {name: jpeg(n) for n, name in enumerate(names)}
    for name, content in files.items():
        put(f"Press/Autumn/{name}", content)
    user("consumer").ready("Press/Autumn", len(files))
    return files


@pytest.fixture(scope="session")
def press(library, user):
    return {"kind": "folder", "id": user("consumer").folder("Press/Autumn")["id"], "include_subfolders": False}


@pytest.fixture
def recipient(site):
    return lambda link: Recipient(site, link)


_serial = itertools.count()


def jpeg(n: int) -> bytes:
    """A small JPEG; each has different bytes."""
    image = Image.new("RGB", (1200, 800), (40 + 50 * n % 200, 90, 160))
    kept = io.BytesIO()
    image.save(kept, "JPEG", comment=f"{n} {next(_serial)}".encode())
    return kept.getvalue()
