"""Starts MiniStack with four things mended in which it differs from AWS, each where it stands in its source."""

import base64
import contextvars
import zlib
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway, s3

# Behind TLS its JWT authoriser still asks for a pool's keys by plain HTTP.
_resolve_jwks_url = apigateway._resolve_jwks_url


async def _by_tls(authorizer: dict) -> str | None:
    url = await _resolve_jwks_url(authorizer)
    return url and url.replace("http://", "https://", 1)


apigateway._resolve_jwks_url = _by_tls

# On AWS a batch of messages needs the permission to send one
# (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html).
# And a mail's sender is known to its policies
# (https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html).
_extract_iam_action, _enforce = iam_actions.extract_iam_action, iam_evaluator.enforce
_sender: contextvars.ContextVar[str | None] = contextvars.ContextVar("sender", default=None)


def _action(service: str, method: str, path: str, headers: dict, body: bytes, *rest) -> str | None:
    action = _extract_iam_action(service, method, path, headers, body, *rest)
    if action == "ses:SendRawEmail":
        _sender.set(parse_qs(body.decode()).get("Source", [None])[0])
    return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action


def _with_sender(access_key: str, action: str, *rest, **more):
    if action == "ses:SendRawEmail" and _sender.get():
        more["service_context"] = {**(more.get("service_context") or {}), "ses:FromAddress": _sender.get()}
        more["resource_arn"] = f"arn:aws:ses:{rest[1]}:000000000000:identity/{_sender.get()}"
    return _enforce(access_key, action, *rest, **more)


iam_actions.extract_iam_action, iam_evaluator.enforce = _action, _with_sender

# It knows composite checksums of multipart uploads alone, not those of the whole object
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
_composite_checksum, _complete = s3._composite_checksum, s3._complete_multipart_upload
_whole: contextvars.ContextVar[str | None] = contextvars.ContextVar("whole", default=None)


def _checksum(algorithm: str, parts: list) -> str | None:
    return _whole.get() or _composite_checksum(algorithm, parts)


def _complete_whole(bucket: str, key: str, body: bytes, query: dict, headers: dict | None = None):
    upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
    if not upload or (headers or {}).get("x-amz-checksum-type") != "FULL_OBJECT":
        return _complete(bucket, key, body, query, headers)
    crc32 = 0
    for _, part in sorted(upload["parts"].items()):
        crc32 = zlib.crc32(part["body"], crc32)
    upload["checksum_algorithm"] = "CRC32"
    token = _whole.set(base64.b64encode(crc32.to_bytes(4, "big")).decode())
    try:
        answer = _complete(bucket, key, body, query, headers)
    finally:
        _whole.reset(token)
    if answer[0] == 200:
        s3._ensure_bucket(bucket)["objects"][key]["checksum_type"] = "FULL_OBJECT"
    return answer


s3._composite_checksum, s3._complete_multipart_upload = _checksum, _complete_whole

app.main()
