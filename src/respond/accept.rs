//! Reads the `Accept` field, in which a client says which media types it prefers (RFC 9110 section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

use crate::text::unquoted::unquoted;

/// The longest `Accept` field that a renderer reads, in bytes, over all lines. It ignores a longer field.
const MAX_LENGTH: usize = 4 * 1024;

/// A media type that a renderer can send.
#[derive(Debug)]
pub(super) struct MediaType {
    /// The value for `Content-Type`.
    pub(super) name: &'static str,
    kind: &'static str,
    subtype: &'static str,
    params: &'static [(&'static str, &'static str)],
}

const UTF_8: &[(&str, &str)] = &[("charset", "utf-8")];

impl MediaType {
    pub(super) const PLAIN: Self = Self::new("text/plain; charset=utf-8", ("text", "plain"), UTF_8);
    pub(super) const HTML: Self = Self::new("text/html; charset=utf-8", ("text", "html"), UTF_8);
    pub(super) const PROBLEM: Self = Self::new(
        "application/problem+json",
        ("application", "problem+json"),
        &[],
    );
    pub(super) const XML: Self = Self::new("application/xml", ("application", "xml"), &[]);
    pub(super) const JSON: Self = Self::new("application/json", ("application", "json"), &[]);
    const XHTML: Self = Self::new("application/xhtml+xml", ("application", "xhtml+xml"), &[]);

    const fn new(
        name: &'static str,
        (kind, subtype): (&'static str, &'static str),
        params: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            name,
            kind,
            subtype,
            params,
        }
    }
}

/// How much a client prefers a media type.
///
/// The greater preference wins. If two types have the same weight, the type that the client named more precisely is
/// greater. For example, with `text/html, */*` a client prefers `text/html` to `text/plain`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MediaPreference {
    /// The weight in thousandths. 0 means that the client does not accept the type. It is the first field, because the
    /// derived order compares the fields in turn.
    pub(super) weight: u16,
    precision: RangePrecision,
}

impl MediaPreference {
    /// Returns whether the client named the type, instead of only a wildcard that covers it.
    pub(super) fn is_exact(self) -> bool {
        self.precision >= RangePrecision::Exact(0)
    }
}

/// How precisely a media range names a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum RangePrecision {
    /// The range is `*/*`, or no range covers the type.
    #[default]
    Anything,
    /// The range has a wildcard for the subtype, such as `text/*`.
    AnySubtype,
    /// The range names the type and the subtype, such as `text/html`, with this number of parameters.
    Exact(usize),
}

/// The `Accept` field of a request, with all of its lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct AcceptField<'r>(&'r HeaderMap);

impl<'r> AcceptField<'r> {
    /// Returns `None` if the request has no `Accept` field, if the field has no valid range, or if it is too long.
    pub(super) fn of(headers: &'r HeaderMap) -> Option<Self> {
        let lengths = headers.get_all(ACCEPT).iter().map(|line| line.len());
        let length = lengths.sum::<usize>();
        let field = Self(headers);
        (length <= MAX_LENGTH && field.ranges().next().is_some()).then_some(field)
    }

    /// Returns how much the client prefers `media`.
    ///
    /// The most precise range that covers the type decides. A range that violates the grammar covers nothing. For
    /// example, with `text/*;q=0.3, text/html;q=0.7` the weight of `text/html` is 700.
    pub(super) fn preference(self, media: &MediaType) -> MediaPreference {
        let covering = self
            .ranges()
            .filter_map(|range| Some((range.covers(media)?, range.weight)));
        let (precision, weight) = covering.max().unwrap_or_default();
        MediaPreference { weight, precision }
    }

    /// Returns how much the client prefers problem details, which are JSON (RFC 9457 section 3).
    ///
    /// If the client does not name `application/problem+json`, any other JSON that it names counts. Many clients that
    /// read problem details ask only for `application/json` or for a type of their own, such as
    /// `application/vnd.api+json`.
    pub(super) fn preference_for_json(self) -> MediaPreference {
        let named = self.named(|range| range.names(&MediaType::PROBLEM));
        let named = named.or_else(|| self.named(|range| range.is_json()));
        named.unwrap_or_else(|| self.preference(&MediaType::PROBLEM))
    }

    /// Returns whether a browser sends such a field when a person opens a page.
    ///
    /// The field names HTML and prefers no other type to it. Besides, it names XHTML, as all graphical browsers do, or
    /// neither `*/*` nor another type stands beside HTML. Programs name HTML in other ways. For example, pip since version 22.2 prefers
    /// JSON to HTML, and Java 8 to 17 name `image/gif` beside `text/html`.
    pub(super) fn is_of_a_browser(self) -> bool {
        let page = self.named(|range| range.names(&MediaType::HTML));
        let xhtml = self.named(|range| range.names(&MediaType::XHTML));
        let page = page.map_or(0, |page| page.weight);
        let names_xhtml = xhtml.is_some_and(|xhtml| xhtml.weight > 0);
        let may_equal = |other: &MediaRange<'_>| names_xhtml || other.is_kind();
        let mut others = self.ranges().filter(|range| !range.names(&MediaType::HTML));
        page > 0
            && others.all(|other| other.weight < page || other.weight == page && may_equal(&other))
    }

    /// Returns the greatest preference among the ranges for which `is_meant` returns `true`. It ignores the parameters
    /// of these ranges.
    fn named(self, is_meant: impl Fn(&MediaRange<'r>) -> bool) -> Option<MediaPreference> {
        let named = self.ranges().filter(is_meant);
        let preferences = named.map(|range| MediaPreference {
            weight: range.weight,
            precision: RangePrecision::Exact(0),
        });
        preferences.max()
    }

    fn ranges(self) -> impl Iterator<Item = MediaRange<'r>> {
        let lines = self.0.get_all(ACCEPT).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| parts(line, b','))
            .filter_map(MediaRange::read)
    }
}

/// A media range with its weight, such as `type/subtype;name=value;q=0.5`.
struct MediaRange<'r> {
    kind: &'r str,
    subtype: &'r str,
    /// The text after the subtype: the parameters, and the weight if the client sent one.
    params: &'r str,
    weight: u16,
}

impl<'r> MediaRange<'r> {
    fn read(text: &'r str) -> Option<Self> {
        let (kind, params) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subtype) = kind.trim().split_once('/')?;
        // `*/html` is not a valid range: only the subtype may be a wildcard alone.
        let wild = (kind == "*", subtype == "*");
        let named = !kind.is_empty() && !subtype.is_empty() && wild != (true, false);
        named.then_some(())?;
        let weight = params_of(params).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let weight = weight.map_or(Some(1000), |(_, value)| weight_of(value))?;
        Some(Self {
            kind,
            subtype,
            params,
            weight,
        })
    }

    /// Returns whether the range names the type and the subtype of `media`, with any parameters.
    fn names(&self, media: &MediaType) -> bool {
        self.kind.eq_ignore_ascii_case(media.kind)
            && self.subtype.eq_ignore_ascii_case(media.subtype)
    }

    /// Returns whether the range names a type that is JSON, by its name or its suffix `+json` (RFC 6839 section 3.1).
    ///
    /// Parameters do not matter, because JSON has none (RFC 8259 section 11).
    fn is_json(&self) -> bool {
        let suffix = self.subtype.rsplit_once('+').map(|(_, suffix)| suffix);
        self.names(&MediaType::JSON)
            || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("json"))
    }

    /// Returns whether the range is a wildcard for one kind of types, such as `image/*`.
    ///
    /// Such a range names no type. For example, the text browser w3m sends `text/html, text/*;q=0.5, image/*`, and adds
    /// `application/*` if the machine has a program for such files.
    fn is_kind(&self) -> bool {
        self.subtype == "*" && self.kind != "*"
    }

    fn covers(&self, media: &MediaType) -> Option<RangePrecision> {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        if self.kind == "*" {
            return Some(RangePrecision::Anything);
        }
        same(self.kind, media.kind).then_some(())?;
        if self.subtype == "*" {
            return Some(RangePrecision::AnySubtype);
        }
        same(self.subtype, media.subtype).then_some(())?;
        let mut params = params_of(self.params).take_while(|(name, _)| !same(name, "q"));
        let has = |(name, value): (&str, &str)| {
            let mut own = media.params.iter();
            own.any(|(own_name, own_value)| {
                same(own_name, name) && same(own_value, value.trim_matches('"'))
            })
        };
        let precision = params.try_fold(0, |count, param| has(param).then_some(count + 1))?;
        Some(RangePrecision::Exact(precision))
    }
}

fn params_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let params = parts(text, b';').filter_map(|param| param.split_once('='));
    params.map(|(name, value)| (name.trim(), value.trim()))
}

/// `qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`, RFC 9110 section 12.4.2.
fn weight_of(text: &str) -> Option<u16> {
    let (whole, thousandths) = text.split_once('.').unwrap_or((text, ""));
    let digits = thousandths.bytes().all(|digit| digit.is_ascii_digit());
    let fits = matches!(whole, "0" | "1") && digits && thousandths.len() <= 3;
    // Pad the digits after the dot to three, so that `0.5` becomes 500 and `1` becomes 1000.
    let weight: u16 = format!("{whole}{thousandths:0<3}").parse().ok()?;
    (fits && weight <= 1000).then_some(weight)
}

/// Splits a list at each `separator` that is not inside a quoted-string.
fn parts(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut ends = unquoted(separator);
    text.split(move |c| u8::try_from(c).is_ok_and(&mut ends))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accept(lines: &[&'static str]) -> HeaderMap {
        let lines = lines
            .iter()
            .map(|line| (ACCEPT, HeaderValue::from_static(line)));
        lines.collect()
    }

    fn media(
        kind: &'static str,
        subtype: &'static str,
        params: &'static [(&'static str, &'static str)],
    ) -> MediaType {
        MediaType::new("", (kind, subtype), params)
    }

    fn weight(lines: &[&'static str], media: &MediaType) -> u16 {
        let headers = accept(lines);
        AcceptField::of(&headers).map_or(1000, |accept| accept.preference(media).weight)
    }

    /// Table 5 with erratum 7138: only `text/*` covers `text/html;level=3`.
    #[test]
    fn the_weights_are_those_of_table_5_in_rfc_9110() {
        let line = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, \
                    text/plain;format=fixed;q=0.4, */*;q=0.5";
        for (media, expected) in [
            (media("text", "plain", &[("format", "flowed")]), 1000),
            (media("text", "plain", &[]), 700),
            (media("text", "html", &[]), 300),
            (media("image", "jpeg", &[]), 500),
            (media("text", "plain", &[("format", "fixed")]), 400),
            (media("text", "html", &[("level", "3")]), 300),
        ] {
            assert_eq!(weight(&[line], &media), expected, "{media:?}");
        }
    }

    /// The other examples of section 12.5.1.
    #[test]
    fn the_weights_are_those_of_the_other_examples_in_rfc_9110() {
        let line = "audio/*; q=0.2, audio/basic";
        assert_eq!(weight(&[line], &media("audio", "basic", &[])), 1000);
        assert_eq!(weight(&[line], &media("audio", "ogg", &[])), 200);
        let line = "text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c";
        for (subtype, expected) in [
            ("plain", 500),
            ("html", 1000),
            ("x-dvi", 800),
            ("x-c", 1000),
        ] {
            assert_eq!(weight(&[line], &media("text", subtype, &[])), expected);
        }
        assert_eq!(weight(&[line], &media("image", "png", &[])), 0);
        let line = "text/*, text/plain, text/plain;format=flowed, */*";
        let headers = accept(&[line]);
        let accept = AcceptField::of(&headers).unwrap();
        let precise = [
            media("image", "png", &[]),
            media("text", "html", &[]),
            media("text", "plain", &[]),
            media("text", "plain", &[("format", "flowed")]),
        ];
        let preferences = precise.map(|media| accept.preference(&media));
        assert!(
            preferences.is_sorted_by(|one, other| one < other),
            "{preferences:?}"
        );
    }

    #[test]
    fn a_range_whose_weight_violates_the_grammar_covers_nothing() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.333", Some(333)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("0.3333", None),
            ("0.0001", None),
            ("2", None),
            ("", None),
            (".5", None),
            ("-0.5", None),
            ("+1", None),
            ("0.+5", None),
            ("NaN", None),
            ("1e0", None),
        ] {
            assert_eq!(weight_of(text), expected, "{text:?}");
        }
        assert_eq!(weight(&["text/html;q=2, */*;q=0.1"], &MediaType::HTML), 100);
    }

    #[test]
    fn commas_and_semicolons_in_quoted_strings_do_not_separate_ranges() {
        let line = r#"text/html;x="a,text/plain;q=1,\"", text/plain;q=0.2"#;
        assert_eq!(weight(&[line], &MediaType::PLAIN), 200);
        assert_eq!(weight(&[line], &MediaType::HTML), 0);
        assert_eq!(
            weight(&[r#"text/html;charset="UTF-8""#], &MediaType::HTML),
            1000
        );
    }

    /// RFC 7231 allowed extension parameters after the weight. RFC 9110 section 12.5.1 removed them.
    #[test]
    fn text_after_the_weight_is_not_a_parameter_of_the_range() {
        assert_eq!(weight(&["text/html;q=0.4;level=1"], &MediaType::HTML), 400);
        assert_eq!(weight(&["text/html;level=1;q=0.4"], &MediaType::HTML), 0);
    }

    #[test]
    fn all_lines_count_and_invalid_ranges_are_ignored() {
        let lines = [
            "text",
            "/",
            "*/html",
            "text/html;q=x",
            ",",
            "TEXT/Plain ; Q=0.4",
        ];
        assert_eq!(weight(&lines, &MediaType::PLAIN), 400);
        assert_eq!(weight(&lines, &MediaType::HTML), 0);
    }

    #[test]
    fn an_absent_invalid_or_too_long_accept_field_is_ignored() {
        let long = format!("text/html{}", ",*/*".repeat(MAX_LENGTH / 4));
        let mut headers = HeaderMap::new();
        assert!(AcceptField::of(&headers).is_none());
        for value in [b"" as &[u8], b", ,", b"html", b"text/\xE4", long.as_bytes()] {
            headers.insert(ACCEPT, HeaderValue::from_bytes(value).unwrap());
            assert!(AcceptField::of(&headers).is_none(), "{value:?}");
        }
    }
}
