//! Records the output of all sinks of the audit, separately for each thread.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Once};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use tower_challenge::audit::{Audit, LineAudit, MetricsAudit, TracingAudit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Subscriber};

use super::canary::assert_free;

thread_local! {
    /// The recorder of `tracing` and that of `metrics` are global. Tests run in parallel, each on its own thread, so
    /// each thread has its own record.
    static WRITTEN: RefCell<Written> = const { RefCell::new(Written::new()) };
}

/// The output of all sinks.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The output of `LineAudit`.
    pub lines: String,
    /// The output of `TracingAudit`.
    pub traced: Vec<Traced>,
    /// The output of `MetricsAudit`.
    pub counted: Vec<Counted>,
}

/// An event of `tracing`: its level, and its fields as text.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The level.
    pub level: Level,
    /// The names and the values of the fields.
    pub fields: Vec<(&'static str, String)>,
}

impl Traced {
    /// Returns the value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// An increment of a counter, or a value of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The name of the metric.
    pub name: String,
    /// The names and the values of the labels.
    pub labels: Vec<(String, String)>,
    /// The increment, or the value.
    pub value: f64,
}

/// Returns an audit with all sinks of the crate, whose output is recorded.
#[must_use]
pub fn all() -> impl Audit {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        tracing::subscriber::set_global_default(Listener).unwrap();
        metrics::set_global_recorder(Listener).unwrap();
    });
    TracingAudit
        .and(MetricsAudit::new())
        .and(LineAudit::to(Listener))
}

/// Returns the recorded output of this thread, and clears the record.
#[must_use]
pub fn take() -> Written {
    WRITTEN.take()
}

impl Written {
    const fn new() -> Self {
        Self {
            lines: String::new(),
            traced: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Leaves out what belongs to no request. The requests of most tests have no address, and the throttle of a
    /// `TestServer` notes that once.
    #[must_use]
    pub fn decisions(mut self) -> Self {
        let is_decision = |event: &Traced| event.field("message") == Some("authentication");
        self.traced.retain(is_decision);
        let lines = self.lines.split_inclusive('\n');
        self.lines = lines
            .filter(|line| !line.contains(" tower_challenge note="))
            .collect();
        self.counted
            .retain(|metric| metric.name != "tower_challenge_reloads_total");
        self
    }

    /// Asserts the rules that hold for every request: each sink recorded one decision, without a secret, in the
    /// documented form.
    pub fn check(&self, asked: &str) {
        assert_free("a line", self.lines.as_bytes());
        assert_free("tracing", format!("{:?}", self.traced).as_bytes());
        assert_free("metrics", format!("{:?}", self.counted).as_bytes());
        assert_eq!(self.traced.len(), 1, "{asked}");
        let names = self.counted.iter().map(|metric| metric.name.as_str());
        let names = names.collect::<Vec<_>>();
        let expected = [
            "tower_challenge_decisions_total",
            "tower_challenge_decision_seconds",
        ];
        assert_eq!(names, expected, "{asked}");
        let line = self.lines.strip_suffix('\n').unwrap();
        let read = fields(line);
        assert!(line.len() <= 2048, "{asked}: {line}");
        let always = &read[..NAMES.len()];
        assert!(
            always.iter().map(|field| field.0).eq(NAMES),
            "{asked}: {line}"
        );
        let rest = read[NAMES.len()..].iter().map(|field| field.0);
        assert!(
            rest.eq((read[0].1 == "unavailable").then_some("cause")),
            "{line}"
        );
    }
}

/// The fields that every line has.
pub const NAMES: [&str; 11] = [
    "outcome",
    "client",
    "status",
    "scheme",
    "latency_us",
    "code",
    "reason",
    "method",
    "path",
    "account",
    "principal",
];

/// Returns the names and the values of a line, and panics if the line does not have the documented form.
#[must_use]
pub fn fields(line: &str) -> Vec<(&str, &str)> {
    let wrong = || -> ! { panic!("not a line: {line:?}") };
    if line.chars().any(char::is_control) {
        wrong();
    }
    let Some((time, mut rest)) = line.split_once(" tower_challenge ") else {
        wrong()
    };
    let form = time.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(form, "0000-00-00T00:00:00.000Z", "{line}");
    let mut found = Vec::new();
    loop {
        let Some((name, value)) = rest.split_once('=') else {
            wrong()
        };
        let length = if value.starts_with('"') {
            quoted(value).unwrap_or_else(|| wrong())
        } else {
            value.find(' ').unwrap_or(value.len())
        };
        let (value, after) = value.split_at(length);
        if value.is_empty() || value.contains('=') {
            wrong();
        }
        found.push((name, value));
        match after.strip_prefix(' ') {
            Some(after) => rest = after,
            None if after.is_empty() => return found,
            None => wrong(),
        }
    }
}

/// Returns the length of the quoted value at the start of `text`.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Records the output of the current thread. It is the writer of lines, the subscriber of `tracing` and the recorder of
/// `metrics`.
struct Listener;

impl Listener {
    fn count(key: &Key, value: f64) {
        let labels = key.labels();
        let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
        let counted = Counted {
            name: key.name().to_owned(),
            labels: labels.collect(),
            value,
        };
        WRITTEN.with_borrow_mut(|written| written.counted.push(counted));
    }
}

impl Write for Listener {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).unwrap();
        WRITTEN.with_borrow_mut(|written| written.lines.push_str(text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "tower_challenge"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut traced = Traced {
            level: *event.metadata().level(),
            fields: Vec::new(),
        };
        event.record(&mut traced);
        WRITTEN.with_borrow_mut(|written| written.traced.push(traced));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Traced {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

impl Recorder for Listener {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Instrument(key.clone())))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Instrument(key.clone())))
    }
}

/// A counter or a histogram.
struct Instrument(Key);

impl CounterFn for Instrument {
    #[expect(clippy::cast_precision_loss, reason = "tests do not count that far")]
    fn increment(&self, value: u64) {
        Listener::count(&self.0, value as f64);
    }

    fn absolute(&self, value: u64) {
        self.increment(value);
    }
}

impl HistogramFn for Instrument {
    fn record(&self, value: f64) {
        Listener::count(&self.0, value);
    }
}
