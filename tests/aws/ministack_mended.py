"""Starts MiniStack with nine corrections of its differences from AWS, each patched into its module."""

import base64
import contextvars
import json
import zlib
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_account_id, get_region, now_iso
from ministack.services import apigateway, cognito, eventbridge, s3
from ministack.services.cloudformation import provisioners

# Behind TLS its JWT authoriser still reads a pool's keys by plain HTTP.
_resolve_jwks_url = apigateway._resolve_jwks_url


async def _by_tls(authorizer: dict) -> str | None:
    url = await _resolve_jwks_url(authorizer)
    return url and url.replace("http://", "https://", 1)


apigateway._resolve_jwks_url = _by_tls

# On AWS a batch of messages needs the permission to send one
# (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html).
# On AWS a policy can test a mail's sender
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

# It supports only composite checksums of multipart uploads, not those of the whole object
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

# On AWS an absent object is 403 for a role that may not list the bucket
# (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
_get, _head, _copy = s3._get_object, s3._head_object, s3._upload_part_copy


def _hidden(answer: tuple, bucket: str, headers: dict, query: dict) -> tuple:
    if answer[0] != 404:
        return answer
    who, region = router.extract_access_key_id(headers, query), router.extract_region(headers, query)
    may = _enforce(who, "s3:ListBucket", "s3", region, resource_arn=f"arn:aws:s3:::{bucket}") is None
    return answer if may else s3._error("AccessDenied", "Access Denied", 403)


def _get_or_hide(bucket: str, key: str, headers: dict, query_params: dict | None = None):
    return _hidden(_get(bucket, key, headers, query_params), bucket, headers, query_params or {})


def _head_or_hide(bucket: str, key: str, headers: dict | None = None, query_params: dict | None = None):
    status, sent, body = _hidden(_head(bucket, key, headers, query_params), bucket, headers or {}, query_params or {})
    return status, sent, b"" if status == 403 else body


def _copy_or_hide(bucket: str, key: str, query: dict, headers: dict):
    source = headers.get("x-amz-copy-source", "").lstrip("/").split("/")[0]
    answer = _copy(bucket, key, query, headers)
    # A missing upload is reported to a role that may write it.
    return answer if b"NoSuchUpload" in answer[2] else _hidden(answer, source, headers, query)


s3._get_object, s3._head_object, s3._upload_part_copy = _get_or_hide, _head_or_hide, _copy_or_hide

# Its CloudFormation can't create an alarm on an expression. No story waits for such an alarm, so it is created on the
# first metric of the expression instead.
_alarm = provisioners._cw_metric_alarm_record


def _alarm_of_one(name: str, props: dict) -> dict:
    if not props.get("Metrics"):
        return _alarm(name, props)
    stat = next(metric["MetricStat"] for metric in props["Metrics"] if "MetricStat" in metric)
    one = stat["Metric"] | {"Period": stat["Period"], "Statistic": stat["Stat"]}
    return _alarm(name, {key: value for key, value in props.items() if key != "Metrics"} | one)


provisioners._cw_metric_alarm_record = _alarm_of_one

# On AWS a parameter of type Number stays a number where it is used.
_mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
_map, _map_anew = _mapping["create"], _mapping["update"]


def _with_number(props: dict) -> dict:
    most = (props.get("ScalingConfig") or {}).get("MaximumConcurrency")
    return props | {"ScalingConfig": {"MaximumConcurrency": int(most)}} if most else props


_mapping["create"] = lambda name, props, stack: _map(name, _with_number(props), stack)
_mapping["update"] = lambda known, old, new, *rest, **more: _map_anew(known, _with_number(old), _with_number(new), *rest, **more)

# On AWS a mail identity returns the DNS records of its domain
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-emailidentity.html).
_identity = provisioners._RESOURCE_HANDLERS["AWS::SES::EmailIdentity"]
_identify = _identity["create"]


def _with_records(name: str, props: dict, stack: str):
    known, attributes = _identify(name, props, stack)
    for n in (1, 2, 3):
        attributes[f"DkimDNSTokenName{n}"] = f"token{n}._domainkey.{known}"
        attributes[f"DkimDNSTokenValue{n}"] = f"token{n}.dkim.amazonses.com"
    return known, attributes


_identity["create"] = _with_records

# On AWS a CloudTrail trail sends an account's calls to EventBridge
# (https://docs.aws.amazon.com/cognito/latest/developerguide/logging-using-cloudtrail.html). Here only one kind of call is
# sent, so that the stories show that the schedule finds the others.
_admin_enable_user = cognito._admin_enable_user


def _enable_and_send_event(data: dict):
    answer = _admin_enable_user(data)
    if answer[0] == 200:
        pool, _ = cognito._resolve_pool(data["UserPoolId"])
        user, _ = cognito._resolve_user(pool, data["Username"])
        parameters = {"userPoolId": data["UserPoolId"], "username": "HIDDEN_DUE_TO_SECURITY_REASONS"}
        subject = next(one["Value"] for one in user["Attributes"] if one["Name"] == "sub")
        detail = {"eventSource": "cognito-idp.amazonaws.com", "eventName": "AdminEnableUser"}
        detail |= {"requestParameters": parameters, "additionalEventData": {"sub": subject}}
        event = {"EventId": subject, "Source": "aws.cognito-idp", "DetailType": "AWS API Call via CloudTrail"}
        event |= {"Detail": json.dumps(detail), "EventBusName": "default", "Resources": [], "Time": now_iso()}
        eventbridge._dispatch_event(event | {"Account": get_account_id(), "Region": get_region()})
    return answer


cognito._admin_enable_user = _enable_and_send_event

app.main()
