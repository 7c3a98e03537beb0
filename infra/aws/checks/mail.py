"""Checks of SES for the mails with links."""

from collections.abc import Iterator

from checks.account import Account, Finding, look, ok, stop


def sending(account: Account) -> Iterator[Finding]:
    found = account.ask("sesv2", "get_account", "ses:GetAccount")
    state, most = found.get("EnforcementStatus", "HEALTHY"), found.get("SendQuota", {})
    if not found.get("SendingEnabled", True) or state == "SHUTDOWN":
        yield stop(
            f"SES sends no mails for this account in {account.region} (its state is {state}).",
            "Answer AWS's support case, then turn sending on.",
            "aws sesv2 put-account-sending-attributes --sending-enabled",
        )
    elif state != "HEALTHY":
        yield look(f"SES has put this account on {state}: too many mails bounced.", "Read AWS's support case in the console.")
    else:
        yield ok(f"SES sends up to {most.get('Max24HourSend', 0):.0f} mails a day, {most.get('MaxSendRate', 0):.0f} a second.")
    if not found.get("ProductionAccessEnabled"):
        yield look(
            "SES is in its sandbox: it sends mails only to addresses that are verified in it.",
            "Ask AWS for production access, which takes a day. Until then other mails fail, and the app says why.",
            "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL "
            "--website-url https://YOUR-SITE --use-case-description 'Share links that users mail to recipients'",
        )


def identity(account: Account, address: str) -> Iterator[Finding]:
    domain = address.split("@")[1]
    # A verified domain is valid for its subdomains too.
    labels = domain.split(".")
    names = [address, *(".".join(labels[n:]) for n in range(len(labels) - 1))]
    found = {}
    for name in names:
        answer = account.ask("sesv2", "get_email_identity", "ses:GetEmailIdentity", ("NotFoundException",), EmailIdentity=name)
        if answer:
            found[name] = answer
    if not found:
        yield look(
            f"SES does not know {address} yet: the stack makes that identity, and mails are sent after it is verified.",
            f"Give MailIdentity={domain}, so that mails are signed by the domain (DKIM), and put its records into DNS.",
        )
        return
    verified = [name for name, answer in found.items() if answer.get("VerifiedForSendingStatus")]
    if not verified:
        name = next(iter(found))
        yield look(
            f"SES knows {name}, but it is not verified: mails would fail.",
            "Put its records into DNS, or open the link in SES's mail.",
            f"aws sesv2 get-email-identity --email-identity {name}",
        )
        return
    name = next((one for one in verified if "@" not in one), verified[0])
    yield look(
        f"SES knows {name}, and it is verified. A stack that tries to make it again fails.",
        "If it was not made by this stack, deploy without making it.",
        f"... --parameter-overrides MailFrom={address} MailIdentity={name} CreateMailIdentity=false",
    )
    if found[name].get("DkimAttributes", {}).get("Status") == "SUCCESS":
        yield ok(f"Mails are signed by {name} (DKIM).")
    else:
        yield look(
            f"Mails of {address} are not signed by its domain: receivers with strict rules (DMARC) refuse them.",
            f"Verify the domain {domain} in SES, by three records in DNS.",
            f"aws sesv2 create-email-identity --email-identity {domain}",
        )
