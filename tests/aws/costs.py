"""What a site costs, from list prices of us-east-1 in US dollars. test_costs.py compares infra/aws/README.md with this."""

import re
from pathlib import Path
from typing import NamedTuple

REPO = Path(__file__).resolve().parents[2]


class Price(NamedTuple):
    """Dollars for one `unit`. `read_in` is where the price was read: AWS's own page, or another one."""

    dollars: float
    unit: str
    read_in: str


AWS, OTHERS = "AWS's page", "others' pages"

PRICES = {
    "api": Price(1.00e-6, "request of an HTTP API", OTHERS),
    "call": Price(0.20e-6, "call of a function", OTHERS),
    "compute": Price(16.6667e-6, "GB-second of a function", OTHERS),
    "row read": Price(0.125e-6, "read unit", OTHERS),
    "row write": Price(0.625e-6, "write unit", OTHERS),
    "rows": Price(0.25, "GB of rows and indexes a month", AWS),
    "row backup": Price(0.20, "GB of rows a month for point-in-time recovery", OTHERS),
    "object read": Price(0.40e-6, "GET or HEAD", OTHERS),
    "object write": Price(5.00e-6, "PUT, COPY, POST or LIST", OTHERS),
    "objects": Price(0.023, "GB of objects a month", OTHERS),
    "message": Price(0.40e-6, "request to a queue", OTHERS),
    "log": Price(0.50, "GB of log taken in", OTHERS),
    "alarm": Price(0.10, "alarm a month", OTHERS),
    "metric": Price(0.30, "metric a month", OTHERS),
    "mail": Price(100e-6, "mail", OTHERS),
    "transfer": Price(0.09, "GB to the internet", OTHERS),
    "edge transfer": Price(0.085, "GB to the internet from CloudFront", AWS),
    "edge request": Price(1.00e-6, "request to CloudFront", OTHERS),
}

# Free each month without end: GB to the internet, GB from CloudFront, and requests to CloudFront.
FREE_TRANSFER, FREE_EDGE, FREE_EDGE_REQUESTS = 100, 1000, 10_000_000

MILLION = 1_000_000
LANDINGS, DOWNLOADS = MILLION, 100_000
ASSETS_A_LANDING = 24
# KB: a photograph's thumbnail, and an asset's part of a compressed landing page.
THUMBNAIL, PAGE = 7, 0.4
GB_LANDINGS = LANDINGS * ASSETS_A_LANDING * (THUMBNAIL + PAGE) / MILLION
GB_DOWNLOADS, GB_BUNDLES = 600, 1000
# KB a request: the lines of the function and of the access log, and those that Lambda adds.
LOG = 0.6 + 0.35


def dollars(**used: float) -> float:
    return sum(PRICES[name.replace("_", " ")].dollars * amount for name, amount in used.items())


# Rows of the first table: landings, downloads, bundles.
MONTH = {
    "HTTP API": (dollars(api=LANDINGS), dollars(api=DOWNLOADS), 0),
    "Lambda": (
        dollars(call=LANDINGS, compute=LANDINGS * 0.015),
        dollars(call=DOWNLOADS, compute=DOWNLOADS * 0.010 / 2),
        dollars(compute=2200),
    ),
    "table": (dollars(row_read=7 * LANDINGS), dollars(row_read=4 * DOWNLOADS), 0),
    "S3 requests": (
        dollars(object_read=ASSETS_A_LANDING * LANDINGS),
        dollars(object_read=DOWNLOADS),
        dollars(object_write=67_000, object_read=33_000),
    ),
    "S3 storage": (0, 0, dollars(objects=GB_BUNDLES * 3 / 30)),
    "logs": (dollars(log=LOG * LANDINGS / MILLION), dollars(log=LOG * DOWNLOADS / MILLION), 0),
    "transfer": (dollars(transfer=GB_LANDINGS), dollars(transfer=GB_DOWNLOADS), dollars(transfer=GB_BUNDLES)),
}

# Rows of the second table: a million photographs ingested once, and kept for a month.
LIBRARY = {
    "table": (dollars(row_write=9 * MILLION), dollars(rows=3, row_backup=1.5)),
    "Lambda": (dollars(call=0.04 * MILLION, compute=1.0 * 1.7691 * MILLION), 0),
    "S3": (dollars(object_write=2 * MILLION, object_read=2 * MILLION), dollars(objects=MILLION * 52 / MILLION)),
    "queue": (dollars(message=1.3 * MILLION), 0),
    "logs": (dollars(log=0.04 * LOG * MILLION / MILLION), 0),
}


def alarms() -> int:
    return len(re.findall(r"Type: AWS::CloudWatch::Alarm", (REPO / "infra/aws/template.yaml").read_text()))


def metrics() -> int:
    body = re.search(r"pub enum Metric \{(.*?)\n\}", (REPO / "shared/aws/src/telemetry/metrics.rs").read_text(), re.DOTALL)
    return len(re.findall(r"^    \w+,$", body[1], re.MULTILINE))


WATCHING = dollars(alarm=alarms(), metric=metrics())
TRANSFER = sum(MONTH["transfer"])
FREE = dollars(transfer=FREE_TRANSFER)
TOTAL = sum(map(sum, MONTH.values())) + WATCHING - FREE

# The same bytes by CloudFront, which does not request cached objects from S3.
EDGE = dollars(
    edge_transfer=GB_LANDINGS + GB_DOWNLOADS + GB_BUNDLES - FREE_EDGE,
    edge_request=ASSETS_A_LANDING * LANDINGS + DOWNLOADS - FREE_EDGE_REQUESTS,
)

# The longest run of the stories on an account, in hours, and what it uses.
HOURS, HOURS_OF_A_MONTH = 2, 730
REAL_RUN = {
    "alarms and metrics, for these hours": 3 * WATCHING * HOURS / HOURS_OF_A_MONTH,
    "functions: 5,000 calls of a second at 1 GB": dollars(call=5000, compute=5000),
    "requests: 5,000 to the API, 20,000 reads and 5,000 writes of S3, 20,000 to queues": dollars(
        api=5000, object_read=20_000, object_write=5000, message=20_000
    ),
    "rows: 200,000 read units, 100,000 write units": dollars(row_read=200_000, row_write=100_000),
    "1 GB to this machine, 0.2 GB of logs, 100 mails": dollars(transfer=1, log=0.2, mail=100),
}
