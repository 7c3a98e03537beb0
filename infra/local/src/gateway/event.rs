//! Builds the event that an HTTP API sends for a request, in payload format 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::{collections::BTreeMap, net::IpAddr, sync::Once};

use axum::extract::Query;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header, request::Parts};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::site::Site;

/// A request with what the gateway knows about it.
pub(super) struct ReceivedRequest<'a> {
    pub parts: &'a Parts,
    pub body: &'a [u8],
    pub route_key: &'a str,
    pub path_parameters: Map<String, Value>,
    pub claims: Option<Map<String, Value>>,
    pub peer: IpAddr,
    pub site: &'a Site,
    pub request_id: &'a str,
    pub now: Timestamp,
}

/// A random request id of API Gateway's form, with 16 characters.
pub(super) fn request_id() -> String {
    BASE64_STANDARD.encode(aws::random::bytes::<12>()).replace(['+', '/'], "-")
}

/// Builds the event. Bytes of the decoded path that are not UTF-8 can't be in JSON, so they are replaced; a function
/// must answer requests for any path.
pub(super) fn build(received: ReceivedRequest<'_>) -> Value {
    let ReceivedRequest { parts, body, site, now, .. } = received;
    let headers = &parts.headers;
    // An HTTP API decodes the path, and cuts it at a question mark that appears by decoding (a REST API does not).
    // lambda_http encodes the path again, so that the function does not decode it twice.
    let decoded = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let path = decoded.split('?').next().unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let source_ip = source_ip(headers, received.peer, site);
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();

    let mut event = json!({
        "version": "2.0",
        "routeKey": received.route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": join_headers(headers, site, source_ip),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split('.').next().unwrap_or_default(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip.to_string(),
                "userAgent": text(headers, header::USER_AGENT),
            },
            "requestId": received.request_id,
            "routeKey": received.route_key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    // Left out if empty, as on AWS, since lambda_http would replace the Cookie header by an empty `cookies`.
    let cookies = cookies(headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let parameters = query_parameters(parts);
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if !received.path_parameters.is_empty() {
        event["pathParameters"] = Value::Object(received.path_parameters);
    }
    if let Some(claims) = received.claims {
        event["requestContext"]["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    }
    if !body.is_empty() {
        let plain = if is_text(headers) { std::str::from_utf8(body).ok() } else { None };
        event["isBase64Encoded"] = json!(plain.is_none());
        event["body"] = plain.map_or_else(|| Value::from(BASE64_STANDARD.encode(body)), Value::from);
    }
    event
}

/// The client's address, as the outermost of our own proxies saw it. Each proxy adds the address of its client at the
/// end; addresses before those may be forged by the client.
fn source_ip(headers: &HeaderMap, peer: IpAddr, site: &Site) -> IpAddr {
    static WARNED: Once = Once::new();
    let peer = match peer {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(peer, IpAddr::V4),
        v4 => v4,
    };
    if !site.behind_proxy() || !peer.is_loopback() {
        return peer;
    }
    let list = text(headers, http::HeaderName::from_static("x-forwarded-for"));
    let forwarded = list.rsplit(',').nth(site.proxies() - 1).and_then(|last| last.trim().parse().ok());
    if forwarded.is_none() {
        WARNED.call_once(|| {
            tracing::warn!(
                proxies = site.proxies(),
                "a request has fewer addresses in X-Forwarded-For than there are proxies, so wrong passwords of all \
                 clients are counted together. Make each proxy add its client to the header, and set --proxies to \
                 the number of proxies"
            );
        });
    }
    forwarded.unwrap_or(peer)
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> String {
    headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect::<Vec<_>>().join(",")
}

/// Each header once, with its values joined by commas. Values that are not UTF-8 can't be in JSON and are left out.
fn join_headers(headers: &HeaderMap, site: &Site, source_ip: IpAddr) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if name == header::COOKIE {
            continue;
        }
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else { continue };
        all.entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    let forwarded = all.entry("x-forwarded-for".to_owned()).or_default();
    if !site.behind_proxy() {
        if !forwarded.is_empty() {
            forwarded.push_str(", ");
        }
        forwarded.push_str(&source_ip.to_string());
    }
    all.insert("x-forwarded-proto".to_owned(), site.scheme().to_owned());
    all
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(header::COOKIE).iter();
    values
        .filter_map(|v| std::str::from_utf8(v.as_bytes()).ok())
        .flat_map(|v| v.split(';'))
        .map(str::trim)
        .filter(|c| !c.is_empty())
        .collect()
}

/// The decoded parameters, with the values of repeated names joined by commas.
fn query_parameters(parts: &Parts) -> BTreeMap<String, String> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
        return BTreeMap::new();
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in pairs {
        all.entry(name)
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert(value);
    }
    all
}

/// Whether an HTTP API gives a body of this content type to the function as text; a form is given as base64.
fn is_text(headers: &HeaderMap) -> bool {
    let value = text(headers, header::CONTENT_TYPE).to_ascii_lowercase();
    let kind = value.split(';').next().unwrap_or_default().trim();
    kind.is_empty()
        || kind.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&kind)
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}
