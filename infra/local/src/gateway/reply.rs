//! Makes an HTTP response from a function's answer, as API Gateway does.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use axum::{body::Body, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Why an answer can't become a response; the client gets a 500.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("the answer is not payload format 2.0: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the answer's body is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    #[error("the answer's status or cookie is not valid in HTTP: {0}")]
    Http(#[from] http::Error),
}

/// Headers of a connection, which the gateway sets and not the function.
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE];

/// Makes the response from an answer (JSON). For a HEAD request the function's length is kept, since it is the length
/// of GET's body.
pub(super) fn to_response(answer: &[u8], head: bool) -> Result<Response, BadAnswer> {
    let answer: ApiGatewayV2httpResponse = serde_json::from_slice(answer)?;
    let text = answer.body.as_deref().unwrap_or_default();
    let body = if answer.is_base64_encoded { BASE64_STANDARD.decode(text)? } else { text.to_vec() };
    let status = u16::try_from(answer.status_code).unwrap_or_default();
    let mut response = Response::new(if head { Body::empty() } else { Body::from(body) });
    *response.status_mut() = StatusCode::from_u16(status).map_err(http::Error::from)?;
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        if OF_THE_CONNECTION.contains(name) || (name == header::CONTENT_LENGTH && !head) {
            continue;
        }
        headers.append(name, value.clone());
    }
    for cookie in &answer.cookies {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie).map_err(http::Error::from)?);
    }
    Ok(response)
}
