//! Log lines for CloudWatch: each is one flat JSON object, whose fields have the names of Lambda's own lines
//! (`timestamp`, `level`, `message`, `requestId`). A search for one field then finds every line of an invocation.

use std::fmt::Debug;
use std::time::Instant;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// The target of the span that `lambda_runtime` opens for each invocation. Its fields hold the request id.
pub(crate) const INVOCATION_TARGET: &str = "lambda_runtime::layers::trace";

/// The layer that writes the lines.
pub(crate) struct LogLines<W> {
    function: String,
    version: String,
    filter: Targets,
    write: W,
}

/// The data of an open span.
struct SpanData {
    fields: Fields,
    started: Instant,
}

impl<W: Fn(&[u8])> LogLines<W> {
    /// A layer for this version of a function. `filter` applies to the lines that this layer adds; the subscriber
    /// filters all others. `write` gets one whole line at a time.
    pub fn new(function: String, version: String, filter: Targets, write: W) -> Self {
        Self { function, version, filter, write }
    }

    fn write_line(&self, metadata: &Metadata<'_>, mut line: Map<String, Value>) {
        // These fields come last, so that a field of an event can't replace them.
        let now = format!("{:.3}", crate::clock::now());
        for (name, value) in [
            ("timestamp", now.as_str()),
            ("level", metadata.level().as_str()),
            ("target", metadata.target()),
            ("function", &self.function),
            ("version", &self.version),
        ] {
            line.insert(name.to_owned(), value.into());
        }
        let mut line = Value::Object(line).to_string();
        line.push('\n');
        (self.write)(line.as_bytes());
    }
}

impl<S, W> Layer<S> for LogLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, span: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanData { fields, started: Instant::now() });
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(data) = span.extensions_mut().get_mut::<SpanData>()
        {
            record.record(&mut data.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(data) = span.extensions().get::<SpanData>() {
                line.0.extend(data.fields.0.clone());
            }
        }
        event.record(&mut line);
        self.write_line(event.metadata(), line.0);
    }

    /// Logs how long an invocation took.
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let metadata = span.metadata();
        if metadata.target() != INVOCATION_TARGET || !self.filter.would_enable("aws", &Level::INFO) {
            return;
        }
        if let Some(SpanData { fields, started }) = span.extensions_mut().remove() {
            let mut line = fields.0;
            line.insert("message".to_owned(), "an invocation ended".into());
            line.insert("duration_ms".to_owned(), (started.elapsed().as_micros() as f64 / 1000.0).into());
            self.write_line(metadata, line);
        }
    }
}

/// The fields of a span or an event, as JSON.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::prelude::*;

    use super::*;

    /// Runs `log` and returns the lines that were written.
    fn lines(filter: &str, log: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::<u8>::new()));
        let filter: Targets = filter.parse().unwrap();
        let to = written.clone();
        let write = move |line: &[u8]| to.lock().unwrap().extend(line);
        let layer = LogLines::new("open-link".into(), "7".into(), filter.clone(), write);
        let filter = filter.with_target(INVOCATION_TARGET, Level::INFO);
        let subscriber = tracing_subscriber::registry().with(layer).with(filter);
        tracing::subscriber::with_default(subscriber, log);
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn invoke(inside: impl FnOnce()) {
        let span =
            tracing::info_span!(target: "lambda_runtime::layers::trace", "invoke", requestId = "8f0-1");
        span.in_scope(inside);
    }

    #[test]
    fn a_line_is_flat_and_names_its_invocation_and_function() {
        let lines = lines("info", || {
            invoke(|| tracing::info!(link = %"0123", uses = 3, level = "no", "a link was \"opened\"\n"));
        });
        let line = &lines[0];
        for (name, value) in [
            ("level", "INFO"),
            ("message", "a link was \"opened\"\n"),
            ("requestId", "8f0-1"),
            ("link", "0123"),
            ("function", "open-link"),
            ("version", "7"),
            ("target", "aws::telemetry::log_lines::tests"),
        ] {
            assert_eq!(line[name], value, "{line}");
        }
        assert_eq!(line["uses"], 3);
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        assert!(line.as_object().unwrap().values().all(|value| !value.is_object() && !value.is_array()));
    }

    #[test]
    fn the_duration_of_an_invocation_is_logged() {
        let lines = lines("info", || invoke(|| {}));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["requestId"], "8f0-1");
        assert!(lines[0]["duration_ms"].as_f64().unwrap() >= 0.0);
    }

    #[test]
    fn a_higher_level_leaves_lines_out_and_keeps_the_request_id() {
        let lines = lines("error", || {
            invoke(|| {
                tracing::info!("left out");
                tracing::error!("kept");
            });
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "kept");
        assert_eq!(lines[0]["requestId"], "8f0-1");
    }
}
