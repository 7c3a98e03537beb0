"""An AWS account in place of the emulator, for the run that `tests/aws/run --real` starts."""

import json
import os
import re
from collections.abc import Callable
from typing import Self

import boto3

# The name of a run: everything that it makes begins with it, and nothing else is touched.
RUN = re.compile(r"vt-[0-9a-f]{8}")

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

# Parameters (if the template has them) that allow a run to delete its stacks, and users to sign in without MFA.
UNPROTECTED = {"Protect": "false", "Mfa": "OFF"}


class RealAccount:
    """The account of a profile, with the emulator's methods; every name begins with `run`."""

    # AWS's certificates are in the system's store, and its pages have their own addresses.
    url, ca = "", None

    def __init__(self, profile: str, region: str, run: str, mail_from: str = ""):
        assert RUN.fullmatch(run), run
        self.profile, self.region, self.run, self.mail_from = profile, region, run, mail_from
        self.session = boto3.Session(profile_name=profile, region_name=region)
        # Keys in the environment would have priority over the profile, and may belong to another account.
        others = {key: value for key, value in os.environ.items() if key not in KEYS}
        self.environment = others | {"AWS_PROFILE": profile, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}

    @classmethod
    def of_this_run(cls) -> Self | None:
        """The account that the driver names, if it started this run."""
        document = os.environ.get("VITRINE_REAL")
        return cls(**json.loads(document)) if document else None

    @property
    def as_json(self) -> str:
        """The document that `of_this_run` reads."""
        return json.dumps({name: getattr(self, name) for name in ("profile", "region", "run", "mail_from")})

    def client(self, service: str):
        return self.session.client(service)

    def complaint(self) -> str:
        """Why resources of the run's stacks failed."""
        formation = self.client("cloudformation")
        reasons = []
        for stack in formation.describe_stacks()["Stacks"]:
            if stack["StackName"].startswith(self.run):
                events = formation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
                reasons += [
                    f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                    for event in events if event["ResourceStatus"].endswith("_FAILED")
                ]
        return "\n".join(reasons[-10:])

    def stop(self) -> None:
        """Does nothing: the driver removes what the run made."""

    def name(self, name: str) -> str:
        """A name with the run's prefix; the first stack has the run's name itself."""
        return self.run if name == "vitrine" else f"{self.run}-{name}"

    def parameters(self, template: str, parameters: dict[str, str]) -> dict[str, str]:
        """A stack's parameters: without protection, and with mail only from an address that SES has verified."""
        mail = {"MailFrom": self.mail_from, "CreateMailIdentity": "false"} if self.mail_from else {}
        known = {name: value for name, value in UNPROTECTED.items() if f"\n  {name}:\n" in template}
        return {name: value for name, value in parameters.items() if name != "MailFrom"} | mail | known


def sign_in_as_administrator(client: Callable, pool: str, app: str, email: str, password: str) -> dict:
    """Gets tokens by the pool's API, after allowing that for the app's client; people sign in at Cognito's page instead."""
    cognito = client("cognito-idp")
    now = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=app)["UserPoolClient"]
    if "ALLOW_ADMIN_USER_PASSWORD_AUTH" not in now.get("ExplicitAuthFlows", []):
        # An update resets settings that it does not name.
        read_only = ("ClientSecret", "LastModifiedDate", "CreationDate")
        kept = {key: value for key, value in now.items() if key not in read_only and value != ""}
        kept["ExplicitAuthFlows"] = [*now.get("ExplicitAuthFlows", []), "ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        cognito.update_user_pool_client(**kept)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool, ClientId=app, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    assert "AuthenticationResult" in answer, f"Cognito wants {answer.get('ChallengeName')} first"
    return {"id_token": answer["AuthenticationResult"]["IdToken"]}
