"""The mail server that the emulator's SES delivers to: just enough of SMTP (RFC 5321) to keep the mails."""

import email
import socketserver
import threading
from email import policy
from email.message import EmailMessage


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("220 mailbox")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self.say("354 go on")
                lines = iter(lambda: self.rfile.readline(), b".\r\n")
                # SMTP doubles a dot at the start of a line.
                content = b"".join(kept[1:] if kept.startswith(b".") else kept for kept in lines)
                self.server.mails.append(email.message_from_bytes(content, policy=policy.default))
            elif command == b"QUIT":
                return self.say("221 bye")
            self.say("250 ok")

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """All mails that arrive. `address` is host and port."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.address = "127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def titled(self, title: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if title in mail["subject"]]
