//! Reads the parameters of SCRAM on the wire (RFC 7804 section 5).
//!
//! ```text
//! SCRAM-SHA-256 sid=AAAABBBB, data=dj02cnJpVFJCaTIzV3BSUg==
//! ```
//!
//! RFC 7804 shows `data` without quotes, although base64 has the characters `/` and `=`, which no token has. Clients do as
//! it shows. So a value without quotes may have these characters here, and the parser of RFC 9110 would refuse it.

use std::borrow::Cow;

use super::reasons;
use crate::header::MAX_PARAMS;
use crate::reason::ReasonText;

/// The parameters that SCRAM reads, as far as they are present. Unknown parameters are ignored, but no name may occur
/// twice (RFC 9110 section 11.2).
#[derive(Default)]
pub(super) struct ScramParams<'a> {
    pub(super) realm: Option<Cow<'a, [u8]>>,
    pub(super) sid: Option<Cow<'a, [u8]>>,
    pub(super) data: Option<Cow<'a, [u8]>>,
    /// A nonce of the server for a reauthentication.
    pub(super) sr: Option<Cow<'a, [u8]>>,
    pub(super) stale: Option<Cow<'a, [u8]>>,
}

impl<'a> ScramParams<'a> {
    /// Reads a list of parameters, without the name of the scheme before it.
    pub(super) fn read(mut rest: &'a [u8]) -> Result<Self, ReasonText> {
        let mut params = Self::default();
        let mut names = UniqueNames::default();
        loop {
            rest = without_separators(rest);
            if rest.is_empty() {
                return Ok(params);
            }
            let (name, (value, after)) = param(rest).ok_or(reasons::FIELD_GRAMMAR)?;
            names.add(name)?;
            if let Some(slot) = params.slot(name) {
                *slot = Some(value);
            }
            rest = without_space(after);
            if !matches!(rest.first(), None | Some(b',')) {
                return Err(reasons::FIELD_GRAMMAR);
            }
        }
    }

    /// Reads a field value that begins with the name of the scheme.
    pub(super) fn of_field(field: &'a [u8], scheme: &str) -> Result<Self, ReasonText> {
        let name = field.get(..scheme.len());
        let is_named = name.is_some_and(|name| name.eq_ignore_ascii_case(scheme.as_bytes()));
        let rest = field.get(scheme.len()..).filter(|_| is_named);
        match rest {
            Some(rest @ ([] | [b' ', ..])) => Self::read(rest),
            _ => Err(reasons::FIELD_GRAMMAR),
        }
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Cow<'a, [u8]>>> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match () {
            () if is("data") => Some(&mut self.data),
            () if is("sid") => Some(&mut self.sid),
            () if is("realm") => Some(&mut self.realm),
            () if is("sr") => Some(&mut self.sr),
            () if is("stale") => Some(&mut self.stale),
            () => None,
        }
    }
}

/// The names of a list so far.
#[derive(Default)]
struct UniqueNames<'a> {
    names: [&'a [u8]; MAX_PARAMS],
    count: usize,
}

impl<'a> UniqueNames<'a> {
    /// Adds a name. It fails if the list already has the name, in any case, or already has [`MAX_PARAMS`] names.
    fn add(&mut self, name: &'a [u8]) -> Result<(), ReasonText> {
        let mut used = self.names.iter().take(self.count);
        if used.any(|used| used.eq_ignore_ascii_case(name)) {
            return Err(reasons::DUPLICATE_PARAMETER);
        }
        let free = self.names.get_mut(self.count);
        *free.ok_or(reasons::FIELD_GRAMMAR)? = name;
        self.count += 1;
        Ok(())
    }
}

/// The value of a parameter, without its quotes, and the text behind it.
type ValueAndRest<'a> = (Cow<'a, [u8]>, &'a [u8]);

/// Reads `name BWS "=" BWS value`. Returns the name, the value and the rest.
fn param(text: &[u8]) -> Option<(&[u8], ValueAndRest<'_>)> {
    let (name, rest) = run(text, is_tchar);
    let rest = without_space(rest).strip_prefix(b"=")?;
    let rest = without_space(rest);
    let (value, rest) = match rest.strip_prefix(b"\"") {
        Some(rest) => quoted(rest)?,
        None => {
            let is_nonce = name.eq_ignore_ascii_case(b"sr");
            let (value, rest) = run(rest, |byte| is_bare(byte) || is_nonce && is_of_nonce(byte));
            (!value.is_empty()).then_some((Cow::Borrowed(value), rest))?
        }
    };
    (!name.is_empty()).then_some((name, (value, rest)))
}

/// Reads a quoted-string (RFC 9110 section 5.6.4) after its opening quote.
fn quoted(text: &[u8]) -> Option<ValueAndRest<'_>> {
    let (plain, rest) = run(text, |byte| !matches!(byte, b'"' | b'\\'));
    if let Some(rest) = rest.strip_prefix(b"\"") {
        return Some((Cow::Borrowed(plain), rest));
    }
    let (mut value, mut rest) = (plain.to_vec(), rest);
    loop {
        let (byte, after) = match rest {
            [b'"', after @ ..] => return Some((Cow::Owned(value), after)),
            [] | [b'\\'] => return None,
            [b'\\', byte, after @ ..] | [byte, after @ ..] => (byte, after),
        };
        value.push(*byte);
        rest = after;
    }
}

fn run(text: &[u8], is_in: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !is_in(*byte));
    text.split_at(end.unwrap_or(text.len()))
}

fn without_space(text: &[u8]) -> &[u8] {
    run(text, |byte| matches!(byte, b' ' | b'\t')).1
}

fn without_separators(text: &[u8]) -> &[u8] {
    run(text, |byte| matches!(byte, b' ' | b'\t' | b',')).1
}

const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The characters of a value without quotes: those of a token, and those that base64 has besides.
const fn is_bare(byte: u8) -> bool {
    is_tchar(byte) || matches!(byte, b'/' | b'=')
}

/// RFC 7804 section 5.1 shows `sr` without quotes, too: `sr=%hvYDpWUa2RaTCAfuxFIlj)hNlF`. A nonce has each printable
/// character but the comma. The quotes and the backslash are left out, so that a quoted value has an end.
const fn is_of_nonce(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b',' | b'"' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::ScramParams;

    fn read(text: &str) -> Result<[Option<String>; 3], &'static str> {
        let text_of = |value: std::borrow::Cow<'_, [u8]>| String::from_utf8_lossy(&value).into();
        let read = ScramParams::of_field(text.as_bytes(), "SCRAM-SHA-256");
        read.map(|read| [read.realm, read.sid, read.data].map(|value| value.map(text_of)))
            .map_err(|reason| reason.text())
    }

    #[test]
    fn values_may_be_quoted_or_bare_with_padding() {
        let expected = Ok([None, Some("s".to_owned()), Some("biws+/==".to_owned())]);
        for good in [
            "SCRAM-SHA-256 sid=s, data=biws+/==",
            "scram-sha-256 sid=\"s\",data=\"biws+/==\"",
            "SCRAM-SHA-256 , Sid = s ,, DATA =\t\"b\\iws+/==\" ,",
            "SCRAM-SHA-256 x=\"a,b\\\"\", sid=s, data=biws+/==, y=z",
        ] {
            assert_eq!(read(good), expected, "{good}");
        }
        let realm = read("SCRAM-SHA-256 realm=\"a \\\"b\\\\\"");
        assert_eq!(realm, Ok([Some("a \"b\\".to_owned()), None, None]));
        assert_eq!(read("SCRAM-SHA-256"), Ok([None, None, None]));
        assert_eq!(
            read("SCRAM-SHA-256 data=\"\""),
            Ok([None, None, Some(String::new())])
        );
    }

    #[test]
    fn other_text_breaks_the_grammar() {
        for bad in [
            "SCRAM-SHA-256 data",
            "SCRAM-SHA-256 data=",
            "SCRAM-SHA-256 =x",
            "SCRAM-SHA-256 data=a b",
            "SCRAM-SHA-256 data=\"a",
            "SCRAM-SHA-256 data=\"a\\",
            "SCRAM-SHA-256 data=\"a\\\"",
            "SCRAM-SHA-256 data=\"a\"b",
            "SCRAM-SHA-256 data=a(b",
            "SCRAM-SHA-256\tdata=a",
            "SCRAM-SHA-2567 data=a",
            "SCRAM-SHA-1 data=a",
        ] {
            assert_eq!(read(bad), Err("the parameters break the grammar"), "{bad}");
        }
        for twice in [
            "data=a, Data=b",
            "sid=a, sid=a",
            "realm=a,realm=\"b\"",
            "x=a, data=b, X=c",
        ] {
            let twice = read(&format!("SCRAM-SHA-256 {twice}"));
            assert_eq!(twice, Err("a parameter occurs twice"));
        }
    }

    #[test]
    fn a_list_has_at_most_32_parameters() {
        let list = |count: u32| {
            let params = (0..count).map(|number| format!("x{number}=y"));
            let params = params.collect::<Vec<_>>().join(", ");
            read(&format!("SCRAM-SHA-256 {params}"))
        };
        assert_eq!(list(32), Ok([None, None, None]));
        assert_eq!(list(33), Err("the parameters break the grammar"));
    }
}
