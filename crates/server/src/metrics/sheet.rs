//! What there is to tell at one moment, whoever asks: families of points.
//!
//! Prometheus reads it as text ([`text`](Sheet::text)), and a collector as OTLP (see `otlp`).
//! Prometheus: "Exposition formats", text format 0.0.4.

use std::{borrow::Cow, fmt::Write as _, time::Duration};

use strongroom_store::{Spread, durations};

/// What kind of family it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Grows, and begins anew with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What is told of one point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Whole(u64),
    Signed(i64),
    Real(f64),
    Buckets(Buckets),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Whole(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Whole(u64::from(is))
    }
}

impl From<Spread> for Value {
    fn from(spread: Spread) -> Self {
        Self::Buckets(Buckets::new(&durations::BOUNDS, &spread.counts, spread.sum))
    }
}

/// Durations, counted by size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Buckets {
    /// The upper bounds, in seconds.
    pub(super) bounds: Vec<f64>,
    /// How many are in each; the last is for those that fit in none.
    pub(super) counts: Vec<u64>,
    /// Seconds, all in all.
    pub(super) sum: f64,
}

impl Buckets {
    /// Of bounds in microseconds.
    pub(super) fn new(bounds: &[u64], counts: &[u64], sum: Duration) -> Self {
        let seconds = |micros: &u64| Duration::from_micros(*micros).as_secs_f64();
        Self {
            bounds: bounds.iter().map(seconds).collect(),
            counts: counts.to_vec(),
            sum: sum.as_secs_f64(),
        }
    }

    /// How many there are.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A label and its value.
pub(super) type Label<'a> = (&'static str, Cow<'a, str>);

/// One value, and which of its family it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point<'a> {
    pub(super) labels: Vec<Label<'a>>,
    pub(super) value: Value,
}

/// Points of one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Family<'a> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    pub(super) points: Vec<Point<'a>>,
}

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sheet<'a> {
    pub(super) families: Vec<Family<'a>>,
}

impl<'a> Sheet<'a> {
    /// Begins a family; points that follow are of it.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &'static str) {
        self.families.push(Family {
            name,
            kind,
            help,
            points: Vec::new(),
        });
    }

    /// A point of the family that was begun last.
    pub(super) fn point(
        &mut self,
        labels: impl IntoIterator<Item = Label<'a>>,
        value: impl Into<Value>,
    ) {
        if let Some(family) = self.families.last_mut() {
            family.points.push(Point {
                labels: labels.into_iter().collect(),
                value: value.into(),
            });
        }
    }

    /// A family of one point.
    pub(super) fn single(
        &mut self,
        name: &'static str,
        kind: Kind,
        help: &'static str,
        value: impl Into<Value>,
    ) {
        self.family(name, kind, help);
        self.point([], value);
    }

    /// The page that Prometheus reads.
    pub(super) fn text(&self) -> String {
        let mut page = String::new();
        for family in &self.families {
            let (name, kind) = (family.name, family.kind.name());
            let _ = writeln!(page, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
            for point in &family.points {
                write_point(&mut page, name, point);
            }
        }
        page
    }
}

fn write_point(page: &mut String, name: &str, point: &Point<'_>) {
    let mut sample = |suffix: &str, bound: Option<&str>, value: &dyn std::fmt::Display| {
        let _ = write!(page, "{name}{suffix}");
        write_labels(page, &point.labels, bound);
        let _ = writeln!(page, " {value}");
    };
    match &point.value {
        Value::Whole(number) => sample("", None, number),
        Value::Signed(number) => sample("", None, number),
        Value::Real(number) => sample("", None, number),
        Value::Buckets(buckets) => {
            let mut so_far = 0;
            for (bound, count) in buckets.bounds.iter().zip(&buckets.counts) {
                so_far += count;
                sample("_bucket", Some(&bound.to_string()), &so_far);
            }
            let total = buckets.total();
            sample("_bucket", Some("+Inf"), &total);
            sample("_sum", None, &buckets.sum);
            sample("_count", None, &total);
        }
    }
}

fn write_labels(page: &mut String, labels: &[Label<'_>], bound: Option<&str>) {
    let bound = bound.map(|bound| ("le", bound));
    let labels = labels.iter().map(|(label, text)| (*label, text.as_ref()));
    let mut before = '{';
    for (label, text) in labels.chain(bound) {
        let _ = write!(page, "{before}{label}=\"");
        for character in text.chars() {
            match character {
                '\\' => page.push_str("\\\\"),
                '"' => page.push_str("\\\""),
                '\n' => page.push_str("\\n"),
                other => page.push(other),
            }
        }
        page.push('"');
        before = ',';
    }
    if before == ',' {
        page.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_as_prometheus_reads_them() {
        let mut sheet = Sheet::default();
        sheet.single("a_total", Kind::Counter, "A.", 7_u64);
        sheet.family("b", Kind::Gauge, "B.");
        sheet.point([("x", "plain".into()), ("y", "a\"b\\c\nd".into())], 0.25);
        sheet.point([("x", "less".into())], -3_i64);
        sheet.family("c_seconds", Kind::Histogram, "C.");
        let sum = Duration::from_millis(1500);
        let buckets = Buckets::new(&[500, 2_500_000], &[1, 2, 3], sum);
        sheet.point([("z", "1".into())], Value::Buckets(buckets));
        let expected = "# HELP a_total A.\n# TYPE a_total counter\na_total 7\n\
                        # HELP b B.\n# TYPE b gauge\n\
                        b{x=\"plain\",y=\"a\\\"b\\\\c\\nd\"} 0.25\nb{x=\"less\"} -3\n\
                        # HELP c_seconds C.\n# TYPE c_seconds histogram\n\
                        c_seconds_bucket{z=\"1\",le=\"0.0005\"} 1\n\
                        c_seconds_bucket{z=\"1\",le=\"2.5\"} 3\n\
                        c_seconds_bucket{z=\"1\",le=\"+Inf\"} 6\n\
                        c_seconds_sum{z=\"1\"} 1.5\nc_seconds_count{z=\"1\"} 6\n";
        assert_eq!(sheet.text(), expected);
    }
}
