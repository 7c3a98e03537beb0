"""Runs the stories on an AWS account: says what it will make and cost, asks, runs them, and removes what it made.

`tests/aws/run --real PROFILE` starts it; its options are that command's.
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import costs
from clean_up import CleanUp
from real_account import RUN, RealAccount

STORIES = [
    f"test_{subject}.py" for subject in ["real", "users", "library", "links", "mails", "restore", "stacks"]
]


def parse(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    reader = argparse.ArgumentParser(prog="tests/aws/run", description=__doc__)
    reader.add_argument("--real", metavar="PROFILE", required=True, help="the AWS CLI's profile for the account")
    reader.add_argument("--region", help="the profile's own unless given")
    reader.add_argument("--mail-from", default="", help="an address that SES has verified there; without it no mail is sent")
    reader.add_argument("--yes", action="store_true", help="do not ask")
    reader.add_argument("--clean", metavar="RUN", default="", help="only remove what that run left, such as vt-0123abcd")
    options, others = reader.parse_known_args(words)
    if options.clean and not RUN.fullmatch(options.clean):
        reader.error("--clean wants the name of a run, such as vt-0123abcd")
    return options, others


def announce(account: RealAccount, who: str) -> None:
    about = sum(costs.REAL_RUN.values())
    print(f"""The stories will run in the account of
  {who}, in {account.region}.
They make, under names that begin with {account.run}:
  three stacks of the template (functions, an API, a table, buckets, queues, a user pool, alarms, a dashboard),
  a bucket for their zips, one that was there before, tables that the restore makes, a role to test policies with.
It takes up to {costs.HOURS} hours and costs about ${about:.2f}, at list prices of us-east-1:""")
    for what, dollars in costs.REAL_RUN.items():
        print(f"  {dollars:5.2f}  {what}")
    print("At the end all of it is removed. Of a deleted table AWS keeps a backup for 35 days, which is free.")
    if not account.mail_from:
        print("No mail is sent: give --mail-from ADDRESS for the stories of mail.")


def ask_to_continue() -> bool:
    print("Continue? Type yes: ", end="", flush=True)
    return sys.stdin.readline().strip() == "yes"


def clean(account: RealAccount) -> bool:
    """Removes what the run made; returns whether nothing is left."""
    left = CleanUp(account.client, account.run, lambda line: print(f"  {line}", flush=True)).all()
    for one in left:
        print(f"could not remove: {one}")
    if left:
        print(f"Try again: tests/aws/run --real {account.profile} --region {account.region} --clean {account.run}")
    else:
        print(f"Nothing that is named {account.run} is left.")
    return not left


def build() -> None:
    """Builds the zips, unless tests/aws/run was called with --no-build."""
    if tools := os.environ.get("BUILD_TOOLS"):
        print("-- build the zips", flush=True)
        path = {"PATH": f"{tools}:{os.environ['PATH']}"}
        subprocess.run([costs.REPO / "infra/aws/build"], env=os.environ | path, check=True)


def run_stories(account: RealAccount, words: list[str]) -> int:
    """Runs the stories; returns pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *STORIES, *words]
    environment = account.environment | {"VITRINE_REAL": account.as_json}
    # A process group that can be ended as a whole; otherwise the AWS CLI that it started would continue to deploy.
    story = subprocess.Popen(command, cwd=Path(__file__).parent, env=environment, start_new_session=True)
    try:
        return story.wait()
    finally:
        # After an interruption nothing must be created while the resources are removed.
        end_group(story)


def end_group(leader: subprocess.Popen) -> None:
    """Ends a process and its children; after a minute it kills them."""
    for sign, seconds in ((signal.SIGTERM, 60), (signal.SIGKILL, 10)):
        for _ in range(seconds * 10):
            leader.poll()
            try:
                os.killpg(leader.pid, sign)
            except ProcessLookupError:
                return
            time.sleep(0.1)
            sign = 0 if sign == signal.SIGTERM else sign


def interrupt(number: int, _frame) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> int:
    options, words = parse(sys.argv[1:])
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, interrupt)
    try:
        region = options.region or boto3.Session(profile_name=options.real).region_name
        if not region:
            print("No region is set for this profile: give --region.")
            return 2
        run = options.clean or f"vt-{secrets.token_hex(4)}"
        account = RealAccount(options.real, region, run, options.mail_from)
        who = account.client("sts").get_caller_identity()["Arn"]
    except (ClientError, BotoCoreError) as error:
        print(f"AWS does not know this profile: {error}")
        return 2
    if options.clean:
        return 0 if clean(account) else 1
    announce(account, who)
    if not options.yes and not ask_to_continue():
        print("Nothing was made.")
        return 2
    build()
    code = 1
    try:
        code = run_stories(account, words)
    except KeyboardInterrupt as why:
        print(f"Broken off ({why or 'by you'}).")
    finally:
        # A second Ctrl-C would leave resources that cost money.
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)
        print(f"-- remove what {account.run} made", flush=True)
        code = code if clean(account) else code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
