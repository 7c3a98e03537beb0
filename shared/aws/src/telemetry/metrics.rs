//! Metrics as lines of standard output, which CloudWatch turns into metrics without a request (its embedded metric
//! format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! The only dimension is the stack. Metrics by link or by address would cost more with each link, and would record more
//! about people than operating a site needs.

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "Vitrine";

/// The metrics. Each variant is the name of a CloudWatch metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Visits that were opened.
    VisitsOpened,
    /// Attempts to open a link whose uses or time had run out.
    UsesRefused,
    /// Wrong passwords.
    PasswordsRefused,
    /// Attempts that were refused without checking the password, because there were too many wrong ones.
    GateThrottled,
    /// Links that were created.
    LinksCreated,
    /// URLs that were signed to download a file or a zip.
    DownloadsSigned,
    /// Requests for a bundle that had to be built.
    BundlesAsked,
    /// Bundles that became ready.
    BundlesReady,
    /// Bundles that could not be built.
    BundlesFailed,
    /// The size of a bundle that became ready.
    BundleBytes,
    /// How long the last worker on a bundle took.
    BundleDuration,
    /// Files that were read and rendered.
    AssetsIngested,
    /// Files that can't be rendered.
    AssetsFailed,
    /// How long reading and rendering a file took.
    IngestDuration,
    /// What a sweep cleared up: links, selections, assets whose files went, bundles and uploads.
    SweepEnded,
    /// What a sweep failed to clear up.
    SweepFailures,
    /// Mails that the mail service accepted.
    MailsSent,
    /// Mails that could not be sent.
    MailsFailed,
    /// Mails that bounced.
    MailsBounced,
}

impl Metric {
    /// CloudWatch's name of the unit.
    fn unit(self) -> &'static str {
        match self {
            Self::BundleBytes => "Bytes",
            Self::BundleDuration | Self::IngestDuration => "Milliseconds",
            _ => "Count",
        }
    }
}

/// Writes metrics to standard output on Lambda, and nothing elsewhere.
#[derive(Debug, Default)]
pub struct Metrics(Option<Scope>);

#[derive(Debug)]
struct Scope {
    stack: String,
    function: String,
}

impl Metrics {
    /// Metrics of a function of a deployed stack; without a stack none are written.
    pub(crate) fn new(stack: Option<&str>, function: Option<&str>) -> Self {
        let function = function.unwrap_or_default().to_owned();
        Self(stack.map(|stack| Scope { stack: stack.to_owned(), function }))
    }

    /// Counts one event.
    pub fn count(&self, metric: Metric) {
        self.put(&[(metric, 1.0)]);
    }

    /// Writes several values of one event as one line.
    pub fn put(&self, values: &[(Metric, f64)]) {
        let Some(scope) = &self.0 else { return };
        let mut line = line(scope, values, crate::clock::now()).to_string();
        line.push('\n');
        // One write for the whole line, so that lines of several threads don't mix. Errors are ignored: there is
        // nowhere to report them.
        _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

/// The line for some values. It also names the function, so that lines can be searched by it.
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
        // Whole numbers are written without a fraction: 1, not 1.0.
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
