"""The doctor's findings, each from AWS's form of answer, and the doctor's command on the emulator."""

import inspect
import json
import os
import subprocess
import sys
import types

import boto3
import pytest
from botocore.stub import Stubber

from conftest import REPO
from emulator import ACCOUNT, OWNER, REGION

sys.path.insert(0, str(REPO / "infra/aws"))

from checks import bucket, deployment, mail, template  # noqa: E402
from checks.account import Account, NotSeen  # noqa: E402

DOCTOR = REPO / "infra/aws/doctor"


class Refusal(str):
    """The code of an error instead of an answer."""


@pytest.fixture
def account():
    """Makes an account that gives these answers in order; each is (service, operation, answer)."""
    stubs = {}

    def made(*answers: tuple, stack: str = "vitrine") -> Account:
        for service, operation, answer in answers:
            if service not in stubs:
                stubs[service] = Stubber(boto3.client(service, REGION, aws_access_key_id="x", aws_secret_access_key="x"))
                stubs[service].activate()
            if isinstance(answer, Refusal):
                stubs[service].add_client_error(operation, answer)
            else:
                stubs[service].add_response(operation, answer)
        one = Account(lambda service, region: stubs[service].client, REGION, stack)
        one.id = ACCOUNT
        return one

    yield made
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def texts(findings) -> list[tuple[str, str]]:
    """The level and the whole text of each finding."""
    return [(finding.level, " ".join(finding[1:])) for finding in findings]


def only(findings, level: str, *words: str) -> None:
    (one,) = texts(findings)
    assert one[0] == level, one
    assert all(word in one[1] for word in words), one


# -- the account ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", ["v" * 27, "Vitrine", "9lives", "my_site", "my-aws-site", "amazonas", "cognito-site", ""])
def test_an_impossible_stack_name_stops(account, stack):
    only(deployment.name(account(stack=stack)), "stop")


@pytest.mark.parametrize("stack", ["vitrine", "v" * 26, "site-2"])
def test_a_possible_stack_name_is_ok(account, stack):
    only(deployment.name(account(stack=stack)), "ok")


def stack(status: str | None) -> tuple:
    answer = Refusal("ValidationError") if status is None else {
        "Stacks": [{"StackName": "vitrine", "StackStatus": status, "CreationTime": "2026-11-24T10:00:00Z"}]
    }
    return "cloudformation", "describe_stacks", answer


@pytest.mark.parametrize(
    ("status", "level", "word"),
    [
        (None, "ok", "no stack"),
        ("UPDATE_COMPLETE", "ok", "updates it"),
        ("ROLLBACK_COMPLETE", "stop", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "stop", "continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", "stop", "Wait"),
    ],
)
def test_a_stack_that_can_not_be_updated_stops(account, status, level, word):
    only(deployment.stack_itself(account(stack(status))), level, word)


def test_buckets_that_a_deleted_stack_left_stop(account):
    there, free = ("s3", "head_bucket", {}), ("s3", "head_bucket", Refusal("404"))
    findings = texts(deployment.names_of_buckets(account(stack(None), there, free), ""))
    assert [level for level, _ in findings] == ["stop", "ok"]
    assert f"vitrine-assets-{ACCOUNT}-{REGION}" in findings[0][1] and "ExistingBucket" in findings[0][1]
    only(deployment.names_of_buckets(account(stack(None), there), "mine"), "stop", "-bundles-")
    assert not texts(deployment.names_of_buckets(account(stack("CREATE_COMPLETE")), "")), "they are the stack's own"


def test_log_groups_that_a_deleted_stack_left_stop(account):
    names = [name.replace("${AWS::StackName}", "vitrine") for name in template.LOG_GROUPS]
    assert len(names) > 8
    group = lambda name: ("logs", "describe_log_groups", {"logGroups": [{"logGroupName": name}] if name else []})
    taken = [group(names[0]), group(names[1] + "-of-another"), *(group("") for _ in names[2:])]
    only(deployment.names_of_log_groups(account(stack(None), *taken)), "stop", names[0], "delete-log-group")


def test_a_sign_in_page_of_another_pool_stops(account):
    page = lambda what: ("cognito-idp", "describe_user_pool_domain", {"DomainDescription": what})
    taken = page({"UserPoolId": "eu-west-1_x", "Domain": f"vitrine-{ACCOUNT}"})
    only(deployment.sign_in_page(account(stack(None), taken)), "stop", "SignInPrefix")
    only(deployment.sign_in_page(account(stack(None), page({}))), "ok")


def test_the_concurrency_of_a_new_account_is_reported(account):
    queues = sum(template.QUEUES.values())
    assert queues >= 6, "each queue may take two at least"
    free = lambda n: (
        "lambda", "get_account_settings", {"AccountLimit": {"ConcurrentExecutions": n, "UnreservedConcurrentExecutions": n}}
    )
    only(deployment.concurrency(account(free(queues))), "stop", "none for the site", "request-service-quota-increase")
    only(deployment.concurrency(account(free(queues + 4))), "look", "leaves 4 for people")
    only(deployment.concurrency(account(free(1000))), "ok")


def test_smaller_queues_are_offered_where_they_can_be_smaller(account, monkeypatch):
    free = ("lambda", "get_account_settings", {"AccountLimit": {"UnreservedConcurrentExecutions": 10}})
    monkeypatch.setattr(deployment, "QUEUES", {"IngestConcurrency": 8, "BundleConcurrency": 2, "queue 2": 20})
    only(deployment.concurrency(account(free)), "stop", "deploy with IngestConcurrency=2.")
    monkeypatch.setattr(deployment, "QUEUES", {"IngestConcurrency": 2, "BundleConcurrency": 2})
    only(deployment.concurrency(account(free)), "look", "Ask AWS for more. ")


def test_concurrency_of_queues_is_read_from_the_template(monkeypatch):
    text = "  Many:\n    Type: Number\n    Default: 7\n\n  X:\n  MaximumConcurrency: !Ref Many }\n  { MaximumConcurrency: 20 }\n"
    monkeypatch.setattr(template, "_TEXT", text)
    assert template.queues() == {"Many": 7, "queue 1": 20}


def test_used_up_quotas_stop(account):
    quota = lambda n: ("service-quotas", "get_service_quota", {"Quota": {"Value": n}})
    by_default = [
        ("service-quotas", "get_service_quota", Refusal("NoSuchResourceException")),
        ("service-quotas", "get_aws_default_service_quota", {"Quota": {"Value": 2.0}}),
    ]
    tables = ("dynamodb", "list_tables", {"TableNames": ["one", "two"]})
    pools = ("cognito-idp", "list_user_pools", {"UserPools": [{"Id": "eu-west-1_x"}]})
    buckets = ("s3", "list_buckets", {"Buckets": [{"Name": "a"}]})
    findings = texts(deployment.quotas(account(*by_default, tables, quota(1000.0), pools, quota(2.0), buckets)))
    assert [level for level, _ in findings] == ["stop", "ok", "stop"]
    assert "L-F98FE922" in findings[0][1] and "us-east-1" in findings[2][1]
    summary = lambda used: ("iam", "get_account_summary", {"SummaryMap": {"Roles": used, "RolesQuota": 1000}})
    only(deployment.roles(account(summary(995))), "stop")
    only(deployment.roles(account(summary(900))), "look")
    only(deployment.roles(account(summary(5))), "ok")


def test_a_quota_without_permission_hides_no_other(account):
    denied = ("service-quotas", "get_service_quota", Refusal("AccessDeniedException"))
    findings = texts(deployment.quotas(account(denied, denied, denied)))
    assert len(findings) == 3 and all("needs servicequotas:GetServiceQuota" in text for _, text in findings)


def test_full_policies_of_logs_stop(account, monkeypatch):
    def policies(*held: tuple[str, str]):
        kept = [{"policyName": name, "policyDocument": document} for name, document in held]
        return account(("logs", "describe_resource_policies", {"resourcePolicies": kept}))

    own = deployment.DELIVERY_POLICY
    full = json.dumps({"Resource": "x" * 5000})
    others = [(f"other-{n}", "{}") for n in range(10)]
    monkeypatch.setattr(deployment, "LOG_GROUPS", ["/aws/apigateway/${AWS::StackName}"])
    only(deployment.log_policies(policies((own, full))), "stop", "characters")
    only(deployment.log_policies(policies()), "ok")
    only(deployment.log_policies(policies(*others)), "stop", "10 resource policies")
    monkeypatch.setattr(deployment, "LOG_GROUPS", ["/aws/vendedlogs/apigateway/${AWS::StackName}"])
    only(deployment.log_policies(policies((own, full))), "ok")
    only(deployment.log_policies(policies((own, full + "/aws/vendedlogs/*"), *others)), "ok", "open to it")


MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
READS = {"FieldSelectors": [*MANAGEMENT["FieldSelectors"], {"Field": "readOnly", "Equals": ["true"]}]}
DATA = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}


@pytest.mark.parametrize(
    ("everywhere", "home", "logging", "selectors", "level"),
    [
        (True, "us-east-1", True, {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]}, "ok"),
        (False, REGION, True, {"AdvancedEventSelectors": [MANAGEMENT]}, "ok"),
        (True, REGION, True, {"AdvancedEventSelectors": [READS]}, "look"),
        (True, REGION, True, {"AdvancedEventSelectors": [DATA]}, "look"),
        (True, REGION, True, {"EventSelectors": [{"IncludeManagementEvents": False}]}, "look"),
        (True, REGION, True, {"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}, "look"),
        (False, "us-east-1", None, None, "look"),
        (True, REGION, False, None, "look"),
    ],
)
def test_a_trail_with_management_events_is_recommended(account, everywhere, home, logging, selectors, level):
    arn = f"arn:aws:cloudtrail:{home}:{ACCOUNT}:trail/t"
    found = {"Name": "t", "TrailARN": arn, "IsMultiRegionTrail": everywhere, "HomeRegion": home}
    answers = [("cloudtrail", "describe_trails", {"trailList": [found]})]
    answers += [] if logging is None else [("cloudtrail", "get_trail_status", {"IsLogging": logging})]
    answers += [("cloudtrail", "get_event_selectors", selectors)] if selectors else []
    only(deployment.trail(account(*answers)), level)


# -- a bucket ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "level"), [(REGION, "ok"), ("EU", "ok"), ("eu-central-1", "stop"), (None, "stop"), (Refusal("NoSuchBucket"), "stop")]
)
def test_a_bucket_in_another_region_stops(account, place, level):
    answer = place if isinstance(place, Refusal) else {"LocationConstraint": place} if place else {}
    only(bucket.region(account(("s3", "get_bucket_location", answer)), "mine"), level)


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"


def encrypted(algorithm: str | None, key: str = "") -> tuple:
    if algorithm is None:
        return "s3", "get_bucket_encryption", Refusal("ServerSideEncryptionConfigurationNotFoundError")
    rule = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    rules = [{"ApplyServerSideEncryptionByDefault": rule}]
    return "s3", "get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def key(state: str, manager: str = "CUSTOMER") -> tuple:
    about = {"KeyId": "k", "Arn": KEY, "KeyState": state, "KeyManager": manager}
    return "kms", "describe_key", {"KeyMetadata": about}


def test_a_bucket_with_a_customers_key_is_reported(account, monkeypatch):
    of = lambda *answers: bucket.encryption(account(*answers), "mine")
    only(of(encrypted("AES256")), "ok")
    only(of(encrypted(None)), "ok")
    only(of(encrypted("aws:kms")), "ok", "aws/s3")
    only(of(encrypted("aws:kms", KEY), key("Enabled", "AWS")), "ok", "aws/s3")
    only(of(encrypted("aws:kms", KEY), key("PendingDeletion")), "stop", "PendingDeletion")
    only(of(encrypted("aws:kms", KEY), ("kms", "describe_key", Refusal("NotFoundException"))), "stop", "not there")
    monkeypatch.setattr(bucket, "KEY_PARAMETER", "")
    only(of(encrypted("aws:kms:dsse", KEY), key("Enabled")), "stop", "roles can't use")
    monkeypatch.setattr(bucket, "KEY_PARAMETER", "KmsKeyArn")
    only(of(encrypted("aws:kms", KEY), key("Enabled")), "look", f"KmsKeyArn={KEY}")


def test_a_bucket_without_versions_is_reported(account):
    of = lambda answer: bucket.versioning(account(("s3", "get_bucket_versioning", answer)), "mine")
    only(of({}), "look", "put-bucket-versioning")
    only(of({"Status": "Suspended"}), "look")
    only(of({"Status": "Enabled"}), "ok")


def test_a_bucket_that_does_not_own_its_objects_is_reported(account):
    of = lambda answer: bucket.ownership(account(("s3", "get_bucket_ownership_controls", answer)), "mine")
    rule = lambda name: {"OwnershipControls": {"Rules": [{"ObjectOwnership": name}]}}
    only(of(Refusal("OwnershipControlsNotFoundError")), "look", "ObjectWriter")
    only(of(rule("BucketOwnerPreferred")), "look", "BucketOwnerPreferred")
    only(of(rule("BucketOwnerEnforced")), "ok")


def test_a_bucket_that_may_be_public_is_reported(account):
    of = lambda answer: bucket.public_access(account(("s3", "get_public_access_block", answer)), "mine")
    closed = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    only(of(Refusal("NoSuchPublicAccessBlockConfiguration")), "look", "put-public-access-block")
    only(of({"PublicAccessBlockConfiguration": closed | {"BlockPublicPolicy": False}}), "look", "(BlockPublicPolicy is off)")
    only(of({"PublicAccessBlockConfiguration": closed}), "ok")


def test_the_command_for_eventbridge_keeps_existing_notifications(account):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other's"
    rules = [{"Name": "Prefix", "Value": "library/raw/"}]
    one = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    held = {"LambdaFunctionConfigurations": [one]}
    of = lambda answer, prefix: texts(
        bucket.notifications(account(("s3", "get_bucket_notification_configuration", answer)), "mine", prefix)
    )
    (first, there), (second, missing) = of(held, "library/")
    assert (first, second) == ("ok", "look") and function in there and "overlaps library/" in there
    # Parsed by a shell, as the user would run it.
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {missing.split('configuration ')[-1]}"], capture_output=True, text=True)
    assert json.loads(words.stdout) == held | {"EventBridgeConfiguration": {}}
    assert "overlaps" not in of(held, "photos/")[0][1]
    assert of({"EventBridgeConfiguration": {}}, "")[0][0] == "ok"


# -- mail -------------------------------------------------------------------------------------------------------------


def ses(**changes) -> tuple:
    usual = {"SendingEnabled": True, "EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": True}
    return "sesv2", "get_account", usual | {"SendQuota": {"Max24HourSend": 50000, "MaxSendRate": 14}} | changes


def test_the_sandbox_and_paused_sending_are_reported(account):
    levels = lambda answer: [level for level, _ in texts(mail.sending(account(answer)))]
    assert levels(ses()) == ["ok"]
    assert levels(ses(ProductionAccessEnabled=False)) == ["ok", "look"]
    assert levels(ses(SendingEnabled=False)) == ["stop"]
    assert levels(ses(EnforcementStatus="SHUTDOWN")) == ["stop"]
    assert levels(ses(EnforcementStatus="PROBATION")) == ["look"]


def identity(verified: bool | None, dkim: str = "NOT_STARTED") -> tuple:
    answer = Refusal("NotFoundException") if verified is None else {
        "VerifiedForSendingStatus": verified, "DkimAttributes": {"Status": dkim}
    }
    return "sesv2", "get_email_identity", answer


def test_a_mail_identity_is_found_as_address_and_as_domain(account):
    def of(*answers):
        return texts(mail.identity(account(*answers), "shares@mail.example.org"))

    none = identity(None)
    assert "does not know" in of(none, none, none)[0][1]
    assert "not verified" in of(none, identity(False), none)[0][1]
    # Only the address is verified, so mails have no DKIM signature of the domain.
    (_, alone), (level, unsigned) = of(identity(True), none, none)
    assert "MailIdentity=shares@mail.example.org CreateMailIdentity=false" in alone
    assert level == "look" and "DMARC" in unsigned
    # The parent domain is verified too, and preferred.
    (_, above), (level, _) = of(identity(True), none, identity(True, "SUCCESS"))
    assert "MailIdentity=example.org" in above and level == "ok"


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_runs_every_check(account):
    command = types.ModuleType("doctor")
    exec(compile(DOCTOR.read_text(), DOCTOR, "exec"), command.__dict__)
    options = command.read(["--bucket", "mine", "--mail-from", "a@example.org"])
    there = account(("s3", "get_bucket_location", {}))
    run = {check.func for _, check in command.checks(there, options)} | {deployment.caller}
    wanted = {
        check for module in (deployment, bucket, mail) for check in vars(module).values()
        if inspect.isgeneratorfunction(check)
    }
    assert len(wanted) > 15 and run == wanted


def test_a_missing_permission_is_named(account):
    denied = ("lambda", "get_account_settings", Refusal("AccessDeniedException"))
    with pytest.raises(NotSeen, match="needs lambda:GetAccountSettings"):
        list(deployment.concurrency(account(denied)))
    slow = ("lambda", "get_account_settings", Refusal("TooManyRequestsException"))
    with pytest.raises(NotSeen, match="answered TooManyRequestsException"):
        list(deployment.concurrency(account(slow)))


@pytest.fixture
def doctor(emulator):
    def run(*words: str, **settings: str) -> subprocess.CompletedProcess:
        environment = os.environ | OWNER | {"AWS_ENDPOINT_URL": emulator.url, "AWS_CA_BUNDLE": emulator.ca} | settings
        return subprocess.run([sys.executable, str(DOCTOR), *words], env=environment, capture_output=True, text=True, timeout=120)

    return run


def test_the_doctor_reads_an_account_and_changes_nothing(doctor, client):
    name = "doctors-own"
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    read = lambda: {key: value for key, value in client("s3").get_bucket_notification_configuration(Bucket=name).items()
                    if key != "ResponseMetadata"}
    before = read()
    done = doctor("--stack", "looked-at", "--bucket", name, "--mail-from", "doctor@example.com")
    assert done.returncode == 0, done.stdout + done.stderr
    for wanted in [f"ok    {name} is in {REGION}.", "look  SES does not know doctor@example.com", "function",
                   "ok    There is no stack looked-at yet.", "EventBridgeConfiguration", "put-bucket-versioning"]:
        assert wanted in done.stdout, wanted
    assert read() == before
    assert doctor("--stack", "Vitrine").returncode == 1
    gone = doctor("--bucket", "nowhere-to-be-found")
    assert gone.returncode == 1 and gone.stdout.count("nowhere-to-be-found") == 1


def test_the_doctor_continues_without_permissions(doctor, client):
    user = "may-do-nothing"
    client("iam").create_user(UserName=user)
    made = client("iam").create_access_key(UserName=user)["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    done = doctor("--stack", "looked-at", **keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "needs logs:DescribeResourcePolicies" in done.stdout and "needs cloudtrail:DescribeTrails" in done.stdout


def test_the_doctor_does_not_wait_for_ever(doctor):
    # Nothing listens at this address.
    done = doctor(AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.returncode == 1 and "AWS does not know who you are" in done.stdout
    assert doctor("--mail-from", "not an address").returncode == 2
