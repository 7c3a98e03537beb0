"""The clean-up removes everything with a run's name, protected resources too, and nothing else."""

import json

import pytest

from clean_up import CleanUp
from conftest import make_bucket
from real_account import RealAccount

RUN = "vt-0123abcd"
# Another run's name, a name that only begins like the run's, and an unrelated name.
OTHERS = ["vt-0123abce", "vt-0123abcdef", "vitrine-of-somebody"]


@pytest.fixture
def clean_up(client):
    return CleanUp(client, RUN, print)


def make(client, name: str) -> None:
    """Makes one resource of each kind, protected as in the template, and with content."""
    s3, bucket = client("s3"), f"{name}-assets"
    make_bucket(client, bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in [b"old", b"new"]:
        s3.put_object(Bucket=bucket, Key="library/a.txt", Body=body)
    s3.delete_object(Bucket=bucket, Key="library/a.txt")
    s3.create_multipart_upload(Bucket=bucket, Key="library/half.bin")
    client("dynamodb").create_table(
        TableName=f"{name}-Table-1", BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    pool = client("cognito-idp").create_user_pool(PoolName=name, DeletionProtection="ACTIVE")["UserPool"]["Id"]
    client("cognito-idp").create_user_pool_domain(Domain=f"{name}-1", UserPoolId=pool)
    for group in [f"/aws/lambda/{name}-open-link", f"/aws/apigateway/{name}", f"/aws/vendedlogs/apigateway/{name}"]:
        client("logs").create_log_group(logGroupName=group)
    policy = {"Version": "2012-10-17", "Statement": []}
    client("iam").create_role(RoleName=f"{name}-probe", AssumeRolePolicyDocument=json.dumps(policy))
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    client("iam").put_role_policy(
        RoleName=f"{name}-probe", PolicyName="probe", PolicyDocument=json.dumps(policy | {"Statement": [allow]})
    )


KINDS = {"bucket", "table", "user pool", "log group", "role"}


def test_a_clean_up_removes_its_run_and_nothing_else(client, clean_up):
    others = [CleanUp(client, name, print) for name in OTHERS[:1]]
    for name in [RUN, *OTHERS]:
        make(client, name)
    assert clean_up.remaining().keys() == KINDS and len(clean_up.remaining()["log group"]) == 3
    assert clean_up.all() == []
    assert clean_up.remaining() == {}
    assert others[0].remaining().keys() == KINDS
    for name in OTHERS:
        assert client("s3").list_object_versions(Bucket=f"{name}-assets")["Versions"]
        assert client("dynamodb").describe_table(TableName=f"{name}-Table-1")
    # A second clean-up finds nothing to do.
    assert clean_up.all() == []


def test_a_resource_that_could_not_be_removed_is_named(client, clean_up, monkeypatch):
    make_bucket(client, f"{RUN}-stuck")
    monkeypatch.setattr(clean_up, "_empty", lambda bucket: client("s3").get_object(Bucket=bucket, Key="none"))
    left = clean_up.all()
    assert f"bucket {RUN}-stuck" in left and any("NoSuchKey" in one for one in left)
    monkeypatch.undo()
    assert clean_up.all() == []


@pytest.mark.parametrize("run", ["", "vt-", "vitrine", "vt-0123abcd-x", "vt-0123ABCD"])
def test_only_the_name_of_a_run_is_cleaned_up(client, run):
    with pytest.raises(AssertionError):
        CleanUp(client, run, print)
    with pytest.raises(AssertionError):
        RealAccount("profile", "eu-west-1", run)


def test_the_profile_has_priority_over_keys_in_the_environment(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile other]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody's")
    assert "AWS_ACCESS_KEY_ID" not in RealAccount("other", "eu-west-1", RUN).environment
