"""Running a site: users who leave, protected resources, every option of a deployment."""

from site_under_test import ORIGINALS, User, eventually


def test_links_of_users_who_leave_the_pool_close(site, user, emulator, press, recipient, client):
    cognito, pool = client("cognito-idp"), site.outputs["UserPoolId"]
    owners, links = {}, {}
    for name in ["disabled", "deleted"]:
        owners[name] = site.make_user(f"leaves-{name}", "consumer")
        token = site.sign_in(emulator.url, *owners[name])["id_token"]
        links[name] = User(site, token).share(press, **ORIGINALS)
        recipient(links[name]).ask("GET").expect(200)
    kept = user("consumer").share(press, **ORIGINALS)
    # Found by the schedule.
    cognito.admin_disable_user(UserPoolId=pool, Username=owners["disabled"][0])
    cognito.admin_delete_user(UserPoolId=pool, Username=owners["deleted"][0])
    for name, link in links.items():
        eventually(f"the link of the {name}", lambda: recipient(link).ask("GET").status in (404, 410), patience=200)
    recipient(kept).ask("GET").expect(200)
    # Found by the trail's event.
    cognito.admin_enable_user(UserPoolId=pool, Username=owners["disabled"][0])
    eventually("the link to open again", lambda: recipient(links["disabled"]).ask("GET").status == 200)
    logs = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{site.stack}-follow-users")["events"]
    assert any("compared: 1," in line["message"] for line in logs), "no function handled the event"


def test_links_and_users_are_protected_and_an_invitation_says_where_to_go(site, client):
    table = client("dynamodb").describe_table(TableName=site.outputs["TableName"])["Table"]
    assert table["DeletionProtectionEnabled"] is True
    pool = client("cognito-idp").describe_user_pool(UserPoolId=site.outputs["UserPoolId"])["UserPool"]
    assert pool["DeletionProtection"] == "ACTIVE"
    invitation = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert f'<a href="{site.url}">' in invitation and "{username}" in invitation and "{####}" in invitation


def test_a_stack_deploys_with_every_choice_taken(deploy, client):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    further = {"KmsKeyArn": key, "Tracing": "Active", "Mfa": "ON", "AppOnCloudFront": "true"}
    mail = {"MailFrom": "a@choice.example", "MailIdentity": "choice.example", "MailFromDomain": "bounce.choice.example"}
    site = deploy("every-choice", InvitationsBySes="true", RequestsPerSecond="50", IngestConcurrency="20", **further, **mail)
    pool = client("cognito-idp").describe_user_pool(UserPoolId=site.outputs["UserPoolId"])["UserPool"]
    assert pool["MfaConfiguration"] == "ON" and pool["EmailConfiguration"]["From"] == "a@choice.example"
    assert "authenticator app" in pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert site.outputs["AppUrl"] in pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert all(" CNAME " in site.outputs[f"DkimRecord{n}"] for n in (1, 2, 3))
    assert site.outputs["MailFromMx"].startswith("bounce.choice.example MX 10 feedback-smtp.")
    resources = client("cloudformation").describe_stack_resources(StackName=site.stack)["StackResources"]
    role = next(r["PhysicalResourceId"] for r in resources if r["LogicalResourceId"] == "OpenLinkRole")
    statements = client("iam").get_role_policy(RoleName=role, PolicyName="open-link")["PolicyDocument"]["Statement"]
    assert "Trace" in [statement["Sid"] for statement in statements]
