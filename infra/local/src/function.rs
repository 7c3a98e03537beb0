//! A function as Lambda runs it: it gets JSON and answers JSON, within Lambda's limits.
//!
//! The code is the same as on AWS: an HTTP function is its router behind lambda_http's own adapter, and an event function
//! is its handler behind the deserialisation of lambda_runtime. A function knows of a request only what is in the event.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use jiff::Timestamp;
use lambda_http::{Adapter, request::LambdaRequest};
use lambda_runtime::{Config, Context, LambdaEvent};
use serde::{Serialize, de::DeserializeOwned};
use tower::Service;

/// The largest event and the largest answer of a synchronous call, in bytes. It is the number in Lambda's error "maximum
/// allowed payload size".
pub const PAYLOAD_LIMIT: usize = 6_291_556;

/// How long an HTTP API waits for a function.
pub const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;

/// A function with its name and time limit.
#[derive(Clone)]
pub struct Function {
    name: &'static str,
    timeout: Duration,
    call: Arc<dyn Fn(Vec<u8>, Context) -> Answer + Send + Sync>,
}

/// Why a call of a function failed.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// Lambda refuses the call (413).
    #[error("the event is larger than Lambda's limit")]
    EventTooLarge,
    /// Lambda discards the answer.
    #[error("the answer is larger than Lambda's limit")]
    AnswerTooLarge,
    /// The function was stopped at its time limit.
    #[error("stopped after {} s, its time limit", .0.as_secs())]
    TimedOut(Duration),
    /// The function returned an error, or panicked.
    #[error("{0}")]
    Failed(String),
}

impl Function {
    /// An HTTP function: lambda_http makes a request of the API Gateway event for `router`.
    pub fn http(name: &'static str, router: axum::Router) -> Self {
        let call = move |event: Vec<u8>, context: Context| -> Answer {
            let router = router.clone();
            Box::pin(async move {
                let request: LambdaRequest = serde_json::from_slice(&event).map_err(|e| e.to_string())?;
                drop(event);
                // A router is always ready. The adapter is not Send, so it must not live across the await.
                let answering = Adapter::from(router).call(LambdaEvent::new(request, context));
                let Ok(answer) = answering.await;
                serde_json::to_vec(&answer).map_err(|e| e.to_string())
            })
        };
        Self { name, timeout: HTTP_TIMEOUT, call: Arc::new(call) }
    }

    /// An event function: `handler` gets the deserialised event, and its answer is serialised.
    pub fn event<E, R, X, F, Fut>(name: &'static str, timeout: Duration, handler: F) -> Self
    where
        E: DeserializeOwned + Send + 'static,
        R: Serialize,
        X: std::fmt::Display,
        F: Fn(LambdaEvent<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, X>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let call = move |event: Vec<u8>, context: Context| -> Answer {
            let handler = handler.clone();
            Box::pin(async move {
                let payload: E = serde_json::from_slice(&event).map_err(|e| e.to_string())?;
                let answer = handler(LambdaEvent::new(payload, context)).await.map_err(|e| e.to_string())?;
                serde_json::to_vec(&answer).map_err(|e| e.to_string())
            })
        };
        Self { name, timeout, call: Arc::new(call) }
    }

    /// The function's name, as in the template.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Calls the function with `event` (JSON). As on AWS the call continues if the caller disconnects, and a panic fails
    /// only this call.
    ///
    /// # Errors
    /// If event or answer are too large, or the function fails, panics or takes too long.
    pub async fn invoke(
        &self,
        event: Vec<u8>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, InvokeError> {
        if event.len() > PAYLOAD_LIMIT {
            return Err(InvokeError::EventTooLarge);
        }
        let running = tokio::spawn((self.call)(event, self.context(request_id, now)));
        let stop = running.abort_handle();
        let answer = match tokio::time::timeout(self.timeout, running).await {
            Ok(Ok(answer)) => answer.map_err(InvokeError::Failed)?,
            Ok(Err(crash)) => return Err(InvokeError::Failed(describe_crash(crash))),
            Err(_) => {
                stop.abort();
                return Err(InvokeError::TimedOut(self.timeout));
            }
        };
        if answer.len() > PAYLOAD_LIMIT { Err(InvokeError::AnswerTooLarge) } else { Ok(answer) }
    }

    fn context(&self, request_id: &str, now: Timestamp) -> Context {
        let mut context = Context::default();
        context.request_id = request_id.to_owned();
        context.deadline = u64::try_from(now.as_millisecond()).unwrap_or(0)
            + u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX / 2);
        context.invoked_function_arn = format!("arn:aws:lambda:local:000000000000:function:{}", self.name);
        context.env_config = Arc::new(Config {
            function_name: self.name.to_owned(),
            memory: 1769,
            version: "$LATEST".to_owned(),
            ..Config::default()
        });
        context
    }
}

fn describe_crash(crash: tokio::task::JoinError) -> String {
    match crash.try_into_panic() {
        Ok(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
            format!("panicked: {message}")
        }
        Err(stopped) => stopped.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn echo() -> Function {
        Function::event("echo", Duration::from_millis(1500), |event: LambdaEvent<Value>| async move {
            match event.payload["do"].as_str() {
                Some("fail") => Err("no luck".to_owned()),
                Some("panic") => panic!("boom"),
                Some("hang") => std::future::pending().await,
                Some("flood") => Ok(json!("x".repeat(PAYLOAD_LIMIT))),
                _ => Ok(json!({"id": event.context.request_id, "until": event.context.deadline})),
            }
        })
    }

    async fn call(event: Value) -> Result<Vec<u8>, InvokeError> {
        echo().invoke(event.to_string().into_bytes(), "r-1", Timestamp::UNIX_EPOCH).await
    }

    #[tokio::test]
    async fn the_context_has_request_id_and_deadline() {
        let answer: Value = serde_json::from_slice(&call(json!({})).await.unwrap()).unwrap();
        assert_eq!(answer, json!({"id": "r-1", "until": 1500}));
    }

    #[tokio::test]
    async fn each_failure_has_an_error_of_its_own() {
        assert!(matches!(call(json!({"do": "fail"})).await, Err(InvokeError::Failed(m)) if m == "no luck"));
        assert!(
            matches!(call(json!({"do": "panic"})).await, Err(InvokeError::Failed(m)) if m.contains("boom"))
        );
        assert!(matches!(call(json!({"do": "hang"})).await, Err(InvokeError::TimedOut(_))));
        assert!(matches!(call(json!({"do": "flood"})).await, Err(InvokeError::AnswerTooLarge)));
        let big = json!({"pad": "x".repeat(PAYLOAD_LIMIT)});
        assert!(matches!(call(big).await, Err(InvokeError::EventTooLarge)));
    }
}
