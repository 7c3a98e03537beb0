"""A mail server for the stories (aiosmtpd); the address of each recipient decides what happens to the mail.

    server.py CERTIFICATE KEY EVENTS

It prints its port, requires STARTTLS and the login "site" with "very-secret", and writes a line of JSON to EVENTS for
everything that a story may count. Local parts, which may be followed by `+` and any text:

    unknown     refused at RCPT permanently         greyN      refused temporarily at RCPT N times, then accepted
    spam        refused after DATA                  lost       accepted, but the connection is closed before the answer
"""

import json
import re
import socket
import ssl
import sys
from collections import Counter

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

certificate, key, events = sys.argv[1:]
tries = Counter()


def write_event(**event):
    with open(events, "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def authenticate(server, session, envelope, mechanism, login):
    right = (login.login, login.password) == (b"site", b"very-secret")
    write_event(event="login", right=right, tls=session.ssl is not None)
    # With handled=False, aiosmtpd answers 535 by itself.
    return AuthResult(success=right, handled=False)


class Post:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = re.split(r"[+@]", address)[0]
        tries[address] += 1
        write_event(event="rcpt", to=address)
        if name == "unknown":
            return f"550 5.1.1 <{address}>: no such user here"
        if name.startswith("grey") and tries[address] <= int(name.removeprefix("grey")):
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        name = re.split(r"[+@]", address)[0]
        if name == "spam":
            return "554 5.7.1 looks like spam"
        mail = envelope.original_content.decode("utf-8")
        write_event(event="mail", to=address, sender=envelope.mail_from, mail=mail, hello=session.host_name,
                    tls=session.ssl is not None, login=session.authenticated)
        if name == "lost":
            server.transport.abort()
        return "250 2.0.0 OK"


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="mail.test", tls_context=context, require_starttls=True,
                    auth_required=True, authenticator=authenticate)


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = Server(Post(), hostname="127.0.0.1", port=port)
server.start()
print(port, flush=True)
# Runs until its standard input ends, which is when the story that started it ends.
sys.stdin.read()
server.stop()
