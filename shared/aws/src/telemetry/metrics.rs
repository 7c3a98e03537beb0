//! Metrics, as lines of standard output that CloudWatch turns into metrics by itself (its embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//! No request is made for them. Each is counted where the decision is made that it counts.
//!
//! The one dimension is the stack: a metric by link or by address would cost as much as there are links, and tell
//! of people what nobody needs.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "Vitrine";

/// What is measured. Each is one CloudWatch metric of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A use was spent, or a password was right: a visit stands.
    VisitsOpened,
    /// Opening was refused: the uses or the time ran out, perhaps in between.
    UsesRefused,
    /// A wrong password.
    PasswordsRefused,
    /// Too many wrong passwords: nothing was checked.
    GateThrottled,
    /// A link was made.
    LinksCreated,
    /// A URL to save a file or a zip from was given.
    DownloadsSigned,
    /// A zip was asked for that had to be made.
    BundlesAsked,
    /// A zip is offered.
    BundlesReady,
    /// A zip will not come.
    BundlesFailed,
    /// The size of a zip that is offered.
    BundleBytes,
    /// How long the last worker on a zip took.
    BundleDuration,
    /// A file was read and rendered.
    AssetsIngested,
    /// A file can't be rendered.
    AssetsFailed,
    /// How long reading and rendering a file took.
    IngestDuration,
    /// What a sweep cleared up.
    SweepEnded,
    /// What a sweep could not clear up.
    SweepFailures,
    /// A mail was handed over.
    MailsSent,
    /// A mail could not be handed over.
    MailsFailed,
    /// A mail came back.
    MailsBounced,
}

impl Metric {
    /// The unit, in CloudWatch's words.
    fn unit(self) -> &'static str {
        match self {
            Self::BundleBytes => "Bytes",
            Self::BundleDuration | Self::IngestDuration => "Milliseconds",
            _ => "Count",
        }
    }
}

/// Where metrics go: standard output on Lambda, nowhere else.
#[derive(Debug, Default)]
pub struct Metrics(Option<Scope>);

#[derive(Debug)]
struct Scope {
    stack: String,
    function: String,
}

impl Metrics {
    /// Metrics of a deployed stack's function; without a stack none are written.
    pub(crate) fn new(stack: Option<&str>, function: Option<&str>) -> Self {
        let function = function.unwrap_or_default().to_owned();
        Self(stack.map(|stack| Scope { stack: stack.to_owned(), function }))
    }

    /// One more of something.
    pub fn count(&self, metric: Metric) {
        self.put(&[(metric, 1.0)]);
    }

    /// Several values of one event, in one line: counts, bytes, milliseconds.
    pub fn put(&self, values: &[(Metric, f64)]) {
        let Some(scope) = &self.0 else { return };
        let mut line = line(scope, values, crate::clock::now()).to_string();
        line.push('\n');
        // One write, so that lines of several threads don't mix. Errors are ignored: there is nowhere to report them.
        _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

/// The line for some values. Besides the one dimension it names the function, to search lines by.
fn line(scope: &Scope, values: &[(Metric, f64)], now: Timestamp) -> Value {
    let named: Vec<Value> = values
        .iter()
        .map(|(metric, _)| json!({"Name": format!("{metric:?}"), "Unit": metric.unit()}))
        .collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": named}],
        },
        "Stack": scope.stack,
        "function": scope.function,
    });
    for (metric, value) in values {
        // Counts are written as such: 1, not 1.0.
        let whole = value.fract() == 0.0 && value.abs() < 9e15;
        line[format!("{metric:?}")] = if whole { json!(*value as i64) } else { json!(value) };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the specification's schema requires of a line.
    fn check(line: &Value) {
        let aws = &line["_aws"];
        assert!(aws["Timestamp"].is_i64());
        for directive in aws["CloudWatchMetrics"].as_array().unwrap() {
            let namespace = directive["Namespace"].as_str().unwrap();
            assert!((1..=1024).contains(&namespace.len()));
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{line}");
                assert!(["Count", "Bytes", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
            }
            for set in directive["Dimensions"].as_array().unwrap() {
                let set = set.as_array().unwrap();
                assert!(set.len() <= 30);
                for name in set {
                    let value = line[name.as_str().unwrap()].as_str().unwrap();
                    assert!((1..=1024).contains(&value.len()) && value.is_ascii());
                }
            }
        }
    }

    #[test]
    fn lines_are_as_the_specification_requires() {
        let scope = Scope { stack: "vitrine".into(), function: "vitrine-bundle-assets".into() };
        let now = Timestamp::from_millisecond(1_795_514_400_000).unwrap();
        let values =
            [(Metric::BundlesReady, 1.0), (Metric::BundleBytes, 5e9), (Metric::BundleDuration, 12.5)];
        let line = line(&scope, &values, now);
        check(&line);
        assert_eq!(line["_aws"]["Timestamp"], 1_795_514_400_000_i64);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Vitrine");
        assert_eq!(line["BundlesReady"].to_string(), "1");
        assert_eq!(line["BundleBytes"], 5_000_000_000_i64);
        assert_eq!(line["BundleDuration"], 12.5);
        assert!(!line.to_string().contains('\n'));
    }
}
