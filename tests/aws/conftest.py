"""The emulator and the stacks that the stories share."""

import io
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from PIL import Image

from certificates import Certificates
from emulator import OWNER, REGION, Emulator
from post import Mailbox
from site_under_test import Http, Recipient, Site, User

REPO = Path(__file__).resolve().parents[2]
TEMPLATE = REPO / "infra/aws/template.yaml"
MAIL_FROM = "shares@example.org"


@pytest.fixture(scope="session")
def mailbox():
    return Mailbox()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory, mailbox):
    log = tmp_path_factory.mktemp("emulator") / "log"
    running = Emulator(log, Certificates(log.parent), mailbox.address)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def client(emulator):
    """Clients of the account's owner, by service."""
    session = boto3.Session(OWNER["AWS_ACCESS_KEY_ID"], OWNER["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
    made = {}

    def of(service: str):
        if service not in made:
            made[service] = session.client(service, endpoint_url=emulator.url, verify=emulator.ca)
        return made[service]

    return of


@pytest.fixture(scope="session")
def deploy(emulator, client, tmp_path_factory):
    """Deploys the template as the README tells: package, then deploy."""
    folder = tmp_path_factory.mktemp("deploy")
    packaged = folder / "packaged.yaml"
    environment = os.environ | OWNER | {"AWS_ENDPOINT_URL": emulator.url, "AWS_CA_BUNDLE": emulator.ca}

    def aws(*arguments: str) -> None:
        done = subprocess.run([os.environ["AWS_CLI"], *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{emulator.log.read_text()[-3000:]}"

    client("s3").create_bucket(Bucket="deploys", CreateBucketConfiguration={"LocationConstraint": REGION})
    package = ["--template-file", str(TEMPLATE), "--s3-bucket", "deploys", "--output-template-file", str(packaged)]
    aws("cloudformation", "package", *package)

    def stack(name: str, **parameters: str) -> Site:
        # The emulator's sign-in page asks for no codes.
        parameters = {"LogLevel": "info,aws::calls=debug", "Mfa": "OFF", **parameters}
        aws(
            "cloudformation", "deploy", "--template-file", str(packaged), "--stack-name", name,
            "--s3-bucket", "deploys", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
            "--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items()),
        )
        described = client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        return Site(name, outputs, client, Http(emulator.ca))

    return stack


@pytest.fixture(scope="session")
def restore(emulator):
    """The runbook's command."""
    environment = os.environ | OWNER | {"AWS_ENDPOINT_URL": emulator.url, "AWS_CA_BUNDLE": emulator.ca}

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(REPO / "infra/aws/restore"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With a story that failed come the troubles that the functions logged meanwhile."""
    outcome = yield
    report = outcome.get_result()
    of = item.funcargs.get("client") if hasattr(item, "funcargs") else None
    if report.failed and report.when != "teardown" and of:
        for group in of("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
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
    """Users by level, made at their first mention and signed in by Cognito's page."""
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
    """The folder that most stories share: three photographs, once they are rendered."""
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
    """A small JPEG; each has its own bytes."""
    image = Image.new("RGB", (1200, 800), (40 + 50 * n % 200, 90, 160))
    kept = io.BytesIO()
    image.save(kept, "JPEG", comment=f"{n} {next(_serial)}".encode())
    return kept.getvalue()
