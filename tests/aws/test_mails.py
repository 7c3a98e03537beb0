"""Mailed links, bounces and complaints."""

import json

from conftest import MAIL_FROM
from site_under_test import ORIGINALS, User, eventually


def test_a_link_is_mailed_to_each_address_alone(user, press, recipient, mailbox):
    owner = user("consumer")
    link = owner.share(press, title="Autumn by mail", **ORIGINALS)
    path, to = f"/api/links/{link['id']}/emails", ["anna@example.com", "ben@example.com"]
    owner.ask("POST", path, {"to": ", ".join(to), "message": "Have a look"}).expect(202)
    bad = owner.ask("POST", path, {"to": "cleo@example.com, not an address"}).expect(422)
    assert "not an address" in bad.json["errors"][0]["message"]
    eventually("the mails to be sent", lambda: statuses(owner, path) == dict.fromkeys(to, "sent"))
    eventually("the mails to arrive", lambda: len(mailbox.titled("Autumn by mail")) == 2)
    mails = mailbox.titled("Autumn by mail")
    assert sorted(mail["to"] for mail in mails) == to
    for mail in mails:
        assert MAIL_FROM in mail["from"] and "consumer-1@example.org" in mail["reply-to"]
        for kind in ["text/plain", "text/html"]:
            text = next(part for part in mail.walk() if part.get_content_type() == kind).get_content()
            assert link["url"] in text and "Have a look" in text
    assert len(recipient(link).assets()) == 3


def test_a_bounce_and_a_complaint_come_back_to_the_list(user, press, client, site, mailbox):
    topic = next(t["TopicArn"] for t in client("sns").list_topics()["Topics"] if t["TopicArn"].endswith("-mail-events"))
    # The emulator sends bounces only to an identity's topic, not to a configuration set's.
    for kind in ["Bounce", "Complaint"]:
        client("ses").set_identity_notification_topic(Identity=MAIL_FROM, NotificationType=kind, SnsTopic=topic)
    owner = user("consumer")
    link = owner.share(press, title="To bounce", **ORIGINALS)
    path, to = f"/api/links/{link['id']}/emails", "bounce@simulator.amazonses.com, late@example.com"
    owner.ask("POST", path, {"to": to}).expect(202)
    eventually("the bounce", lambda: statuses(owner, path)["bounce@simulator.amazonses.com"] == "bounced")
    # The event that SES sends for a configuration set.
    late = eventually("the other mail", lambda: [m for m in mailbox.titled("To bounce") if "late@" in m["to"]])[0]
    event = {
        "eventType": "Bounce",
        "mail": {"messageId": late["message-id"].strip("<>"), "timestamp": "2026-11-24T10:00:00.000Z"},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-11-24T10:00:01.000Z",
            "bouncedRecipients": [{"emailAddress": "late@example.com", "diagnosticCode": "smtp; 550 5.1.1 unknown"}],
        },
    }
    client("sns").publish(TopicArn=topic, Message=json.dumps(event))
    eventually("the late bounce", lambda: statuses(owner, path)["late@example.com"] == "bounced")


def statuses(owner: User, path: str) -> dict[str, str]:
    items = owner.ask("GET", path).expect(200).json["items"]
    return {item["address"]: item["status"] for item in items}
