"""A mail server for the stories: aiosmtpd, which does with each recipient what the address says.

    server.py CERTIFICATE KEY EVENTS

It prints its port, asks for STARTTLS and for the login "site" with "very-secret", and writes a line of JSON to EVENTS
for everything that a story may count. Local parts, with anything behind a `+`:

    unknown     refused at RCPT for good            greyN      put off at RCPT N times, then taken
    spam        refused after DATA                  lost       taken, and the connection broken off before the answer
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


def tell(**event):
    with open(events, "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


def authenticate(server, session, envelope, mechanism, login):
    right = (login.login, login.password) == (b"site", b"very-secret")
    tell(event="login", right=right, tls=session.ssl is not None)
    # Not handled: aiosmtpd answers 535 by itself.
    return AuthResult(success=right, handled=False)


class Post:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = re.split(r"[+@]", address)[0]
        tries[address] += 1
        tell(event="rcpt", to=address)
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
        tell(event="mail", to=address, sender=envelope.mail_from, mail=mail, hello=session.host_name,
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
# Until the story that started it ends, and with it this line.
sys.stdin.read()
server.stop()
