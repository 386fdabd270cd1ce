//! The messages of OTLP, as far as metrics need them.
//!
//! OpenTelemetry: `opentelemetry-proto`, `collector/metrics/v1/metrics_service.proto`,
//! `metrics/v1/metrics.proto`, `common/v1/common.proto` and `resource/v1/resource.proto`. They are
//! stable: numbers and types of members never change. What is not written here is left out.

/// Cumulative, of `AggregationTemporality`.
const CUMULATIVE: i32 = 2;

use std::time::{Duration, SystemTime};

use prost::Message;

use crate::metrics::sheet::{Family, Kind, Label, Point, Sheet, Value};

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportMetricsServiceRequest {
    #[prost(message, repeated, tag = "1")]
    pub(super) resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportMetricsServiceResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) partial_success: Option<ExportMetricsPartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ExportMetricsPartialSuccess {
    #[prost(int64, tag = "1")]
    pub(super) rejected_data_points: i64,
    #[prost(string, tag = "2")]
    pub(super) error_message: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeMetrics {
    #[prost(message, optional, tag = "1")]
    scope: Option<InstrumentationScope>,
    #[prost(message, repeated, tag = "2")]
    metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
struct InstrumentationScope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(string, optional, tag = "1")]
    string_value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    description: String,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(oneof = "Data", tags = "5, 7, 9")]
    data: Option<Data>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Data {
    #[prost(message, tag = "5")]
    Gauge(Gauge),
    #[prost(message, tag = "7")]
    Sum(Sum),
    #[prost(message, tag = "9")]
    Histogram(Histogram),
}

#[derive(Clone, PartialEq, Message)]
struct Gauge {
    #[prost(message, repeated, tag = "1")]
    data_points: Vec<NumberDataPoint>,
}

#[derive(Clone, PartialEq, Message)]
struct Sum {
    #[prost(message, repeated, tag = "1")]
    data_points: Vec<NumberDataPoint>,
    #[prost(int32, tag = "2")]
    aggregation_temporality: i32,
    #[prost(bool, tag = "3")]
    is_monotonic: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(message, repeated, tag = "1")]
    data_points: Vec<HistogramDataPoint>,
    #[prost(int32, tag = "2")]
    aggregation_temporality: i32,
}

#[derive(Clone, PartialEq, Message)]
struct NumberDataPoint {
    #[prost(fixed64, tag = "2")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    time_unix_nano: u64,
    #[prost(oneof = "Number", tags = "4, 6")]
    value: Option<Number>,
    #[prost(message, repeated, tag = "7")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
enum Number {
    #[prost(double, tag = "4")]
    AsDouble(f64),
    #[prost(sfixed64, tag = "6")]
    AsInt(i64),
}

#[derive(Clone, PartialEq, Message)]
struct HistogramDataPoint {
    #[prost(fixed64, tag = "2")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(double, optional, tag = "5")]
    sum: Option<f64>,
    #[prost(fixed64, repeated, tag = "6")]
    bucket_counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    explicit_bounds: Vec<f64>,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
}

/// Between when and when what a sheet tells happened.
#[derive(Clone, Copy)]
pub(super) struct Span {
    start: u64,
    end: u64,
}

impl Span {
    pub(super) fn new(start: SystemTime, end: SystemTime) -> Self {
        let nanos = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH);
            u64::try_from(since.unwrap_or(Duration::ZERO).as_nanos()).unwrap_or(u64::MAX)
        };
        Self {
            start: nanos(start),
            end: nanos(end),
        }
    }
}

/// A sheet as a collector takes it.
pub(super) fn request(
    sheet: &Sheet<'_>,
    resource: &[(String, String)],
    span: Span,
) -> ExportMetricsServiceRequest {
    let attributes = resource
        .iter()
        .map(|(key, value)| attribute(key, value))
        .collect();
    let metrics = sheet
        .families
        .iter()
        .filter(|family| !family.points.is_empty())
        .map(|family| metric(family, span))
        .collect();
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource { attributes }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: "strongroom".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                metrics,
            }],
        }],
    }
}

fn metric(family: &Family<'_>, span: Span) -> Metric {
    let numbers = || {
        let numbers = family.points.iter().map(|point| number(point, span));
        numbers.collect()
    };
    let data = match family.kind {
        Kind::Gauge => Data::Gauge(Gauge {
            data_points: numbers(),
        }),
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        }),
        Kind::Histogram => Data::Histogram(Histogram {
            data_points: family
                .points
                .iter()
                .filter_map(|point| histogram(point, span))
                .collect(),
            aggregation_temporality: CUMULATIVE,
        }),
    };
    Metric {
        name: family.name.to_owned(),
        description: family.help.to_owned(),
        unit: unit(family.name).to_owned(),
        data: Some(data),
    }
}

fn number(point: &Point<'_>, span: Span) -> NumberDataPoint {
    let whole = |number: u64| Number::AsInt(i64::try_from(number).unwrap_or(i64::MAX));
    NumberDataPoint {
        start_time_unix_nano: span.start,
        time_unix_nano: span.end,
        value: Some(match &point.value {
            Value::Whole(number) => whole(*number),
            Value::Signed(number) => Number::AsInt(*number),
            Value::Real(number) => Number::AsDouble(*number),
            Value::Buckets(buckets) => whole(buckets.total()),
        }),
        attributes: attributes(&point.labels),
    }
}

fn histogram(point: &Point<'_>, span: Span) -> Option<HistogramDataPoint> {
    let Value::Buckets(buckets) = &point.value else {
        return None;
    };
    Some(HistogramDataPoint {
        start_time_unix_nano: span.start,
        time_unix_nano: span.end,
        count: buckets.total(),
        sum: Some(buckets.sum),
        bucket_counts: buckets.counts.clone(),
        explicit_bounds: buckets.bounds.clone(),
        attributes: attributes(&point.labels),
    })
}

fn attributes(labels: &[Label<'_>]) -> Vec<KeyValue> {
    labels
        .iter()
        .map(|(key, value)| attribute(key, value))
        .collect()
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            string_value: Some(value.to_owned()),
        }),
    }
}

/// The unit, in UCUM, that stands in the name of a family.
fn unit(name: &str) -> &'static str {
    let has = |word: &str| name.split('_').any(|part| part == word);
    if has("seconds") {
        "s"
    } else if has("bytes") {
        "By"
    } else {
        "1"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_keeps_its_values_on_the_way() {
        let mut sheet = Sheet::default();
        sheet.single("a_total", Kind::Counter, "A.", 7_u64);
        sheet.family("b_seconds", Kind::Gauge, "B.");
        sheet.point([("x", "y".into())], 0.5);
        sheet.point([("x", "z".into())], -1_i64);
        sheet.family("nothing", Kind::Gauge, "Nothing.");
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let span = Span::new(start, start + Duration::from_secs(1));
        let resource = [("service.name".to_owned(), "s".to_owned())];
        let bytes = request(&sheet, &resource, span).encode_to_vec();
        let read = ExportMetricsServiceRequest::decode(bytes.as_slice()).unwrap();
        let metrics = &read.resource_metrics[0].scope_metrics[0].metrics;
        assert_eq!(metrics.len(), 2);
        let Some(Data::Sum(sum)) = &metrics[0].data else {
            panic!("no sum: {metrics:?}");
        };
        assert!(sum.is_monotonic);
        assert_eq!(sum.data_points[0].value, Some(Number::AsInt(7)));
        assert_eq!(sum.data_points[0].start_time_unix_nano, 1_000_000_000);
        let Some(Data::Gauge(gauge)) = &metrics[1].data else {
            panic!("no gauge: {metrics:?}");
        };
        let values: Vec<_> = gauge.data_points.iter().map(|point| point.value).collect();
        let expected = [Some(Number::AsDouble(0.5)), Some(Number::AsInt(-1))];
        assert_eq!(values, expected);
        assert_eq!(metrics[1].unit, "s");
    }
}
