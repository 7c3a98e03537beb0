//! The HTTP response an API Gateway makes of a function's answer.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use axum::{body::Body, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// An answer that is not one: the client gets a 500.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("the answer is not payload format 2.0: {0}")]
    Shape(#[from] serde_json::Error),
    #[error("the answer's body is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    #[error("the answer's status or cookie can't stand in HTTP: {0}")]
    Http(#[from] http::Error),
}

/// Headers that belong to a connection, which here is the gateway's.
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE];

/// The response to an answer (JSON). For a HEAD request the length the function gives stays,
/// as it tells the length of what GET would bring.
pub(super) fn from_answer(answer: &[u8], head: bool) -> Result<Response, BadAnswer> {
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
