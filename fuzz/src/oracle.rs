//! An oracle for the fuzz target `header`: parses header fields exactly as the ABNF of RFC 9110 says.
//!
//! Each rule of the grammar is one function. It returns every position at which a match of the rule can end, with the
//! meaning of the match. No function is greedy, looks ahead, or shares code with the crate. The cost is cubic, which is
//! acceptable for short inputs.
//!
//! The ABNF allows several derivations for some texts. The oracle does not assume that all of them have the same
//! meaning. It checks it.

use std::collections::BTreeSet;

/// The positions at which matches end, with their meanings.
type Matches<T> = BTreeSet<(usize, T)>;

/// A name, the bytes of its value, and `true` if the value was quoted.
pub(crate) type Param = (Vec<u8>, Vec<u8>, bool);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Token68(Vec<u8>),
    Params(Vec<Param>),
}

/// A scheme name and the part behind it: the meaning of `challenge` and of `credentials`.
pub(crate) type Challenge = (Vec<u8>, Form);

/// Parses the whole `value` as `credentials`.
pub(crate) fn credentials(value: &[u8]) -> Option<Challenge> {
    let text = Text::of_lines([value]);
    only(text.complete(text.challenge(0))).filter(|(_, form)| has_unique_names(form))
}

/// Parses all `lines` as `#challenge`.
pub(crate) fn challenges(lines: &[&[u8]]) -> Option<Vec<Challenge>> {
    let text = Text::of_lines(lines.iter().copied());
    let list = text.list(0, |at| text.challenge(at));
    let list = only(text.complete(list))?;
    let unique = list.iter().all(|(_, form)| has_unique_names(form));
    unique.then_some(list)
}

/// Parses all `lines` as `#auth-param`.
pub(crate) fn params(lines: &[&[u8]]) -> Option<Vec<Param>> {
    let text = Text::of_lines(lines.iter().copied());
    let list = text.list(0, |at| text.auth_param(at));
    let form = Form::Params(only(text.complete(list))?);
    match form {
        _ if !has_unique_names(&form) => None,
        Form::Params(params) => Some(params),
        Form::Token68(_) => None,
    }
}

/// Returns the number of commas in `lines` that end an empty element. The lines must form a list.
pub(crate) fn empty_elements(lines: &[&[u8]]) -> usize {
    let of_line = |line: &&[u8]| {
        let (mut empty, mut is_empty, mut quoted, mut escaped) = (0, true, false, false);
        for &byte in *line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b',' if !quoted => empty += usize::from(std::mem::replace(&mut is_empty, true)),
                b' ' | b'\t' => {}
                _ => is_empty = false,
            }
        }
        empty
    };
    lines.iter().map(of_line).sum()
}

/// Section 11.2: "each parameter name MUST only occur once per challenge".
fn has_unique_names(form: &Form) -> bool {
    let Form::Params(params) = form else {
        return true;
    };
    let names = params.iter().map(|(name, ..)| name.to_ascii_lowercase());
    names.collect::<BTreeSet<_>>().len() == params.len()
}

/// Returns the meaning, if there is one. Panics if there are several.
fn only<T: std::fmt::Debug + Ord>(mut meanings: BTreeSet<T>) -> Option<T> {
    assert!(
        meanings.len() <= 1,
        "the grammar is ambiguous: {meanings:?}"
    );
    meanings.pop_first()
}

/// Field lines, joined to one value (RFC 9110 section 5.3).
struct Text {
    bytes: Vec<u8>,
    /// The positions of the commas that join lines. A quoted-string cannot contain one of them.
    joints: Vec<usize>,
}

impl Text {
    fn of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let (mut bytes, mut joints) = (Vec::new(), Vec::new());
        for (number, line) in lines.into_iter().enumerate() {
            if number > 0 {
                joints.push(bytes.len());
                bytes.extend(b", ");
            }
            bytes.extend(without_whitespace_around(line));
        }
        Self { bytes, joints }
    }

    /// Returns the meanings of those matches that reach the end of the value.
    fn complete<T: Ord>(&self, matches: Matches<T>) -> BTreeSet<T> {
        let complete = matches
            .into_iter()
            .filter(|(end, _)| *end == self.bytes.len());
        complete.map(|(_, meaning)| meaning).collect()
    }

    fn slice(&self, from: usize, to: usize) -> Vec<u8> {
        self.bytes[from..to].to_vec()
    }

    /// `byte`
    fn literal(&self, at: usize, byte: u8) -> Option<usize> {
        (self.bytes.get(at) == Some(&byte)).then_some(at + 1)
    }

    /// `*class`
    fn any(&self, at: usize, class: fn(u8) -> bool) -> impl Iterator<Item = usize> + use<> {
        let run = self.bytes[at..].iter().take_while(|&&byte| class(byte));
        at..=at + run.count()
    }

    /// `1*class`
    fn some(&self, at: usize, class: fn(u8) -> bool) -> impl Iterator<Item = usize> + use<> {
        self.any(at, class).skip(1)
    }

    /// `#element => [ element ] *( OWS "," OWS [ element ] )`
    fn list<T: Ord + Clone>(
        &self,
        at: usize,
        element: impl Fn(usize) -> Matches<T>,
    ) -> Matches<Vec<T>> {
        let optional = |at: usize, before: &[T]| {
            let with = |(end, one): (usize, T)| (end, [before, &[one]].concat());
            let mut lists = element(at).into_iter().map(with).collect::<Matches<_>>();
            lists.insert((at, before.to_vec()));
            lists
        };
        let mut all = Matches::new();
        let mut new = optional(at, &[]);
        while let Some((end, list)) = new.pop_first() {
            for comma in self.any(end, ows) {
                let Some(after) = self.literal(comma, b',') else {
                    continue;
                };
                let starts = self.any(after, ows);
                let longer = starts.flat_map(|start| optional(start, &list));
                new.extend(longer.filter(|one| !all.contains(one)));
            }
            all.insert((end, list));
        }
        all
    }

    /// `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`, and so is `credentials`.
    fn challenge(&self, at: usize) -> Matches<Challenge> {
        let mut matches = Matches::new();
        for scheme_end in self.some(at, tchar) {
            let scheme = self.slice(at, scheme_end);
            matches.insert((scheme_end, (scheme.clone(), Form::Params(Vec::new()))));
            for start in self.some(scheme_end, |byte| byte == b' ') {
                let token68 = self.token68(start).into_iter();
                let token68 = token68.map(|(end, value)| (end, Form::Token68(value)));
                let params = self.list(start, |at| self.auth_param(at)).into_iter();
                let params = params.map(|(end, list)| (end, Form::Params(list)));
                let forms = token68.chain(params);
                matches.extend(forms.map(|(end, form)| (end, (scheme.clone(), form))));
            }
        }
        matches
    }

    /// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
    fn token68(&self, at: usize) -> Matches<Vec<u8>> {
        let runs = self.some(at, |byte| {
            byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
        });
        let ends = runs.flat_map(|end| self.any(end, |byte| byte == b'='));
        ends.map(|end| (end, self.slice(at, end))).collect()
    }

    /// `auth-param = token BWS "=" BWS ( token / quoted-string )`
    fn auth_param(&self, at: usize) -> Matches<Param> {
        let mut matches = Matches::new();
        for name_end in self.some(at, tchar) {
            let equals = self.any(name_end, ows);
            let values = equals.filter_map(|at| self.literal(at, b'='));
            for value in values.flat_map(|at| self.any(at, ows)) {
                let name = || self.slice(at, name_end);
                let tokens = self.some(value, tchar);
                matches.extend(tokens.map(|end| (end, (name(), self.slice(value, end), false))));
                let quoted = self.quoted_string(value).into_iter();
                matches.extend(quoted.map(|(end, bytes)| (end, (name(), bytes, true))));
            }
        }
        matches
    }

    /// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE`
    fn quoted_string(&self, at: usize) -> Option<(usize, Vec<u8>)> {
        let mut here = self.literal(at, b'"')?;
        let mut meant = Vec::new();
        loop {
            match self.bytes[here..] {
                [b'"', ..] => break,
                [b'\\', byte, ..] if vchar_or_obs_text(byte) || ows(byte) => {
                    meant.push(byte);
                    here += 2;
                }
                [byte, ..] if qdtext(byte) => {
                    meant.push(byte);
                    here += 1;
                }
                _ => return None,
            }
        }
        let spans_lines = self.joints.iter().any(|joint| (at..here).contains(joint));
        (!spans_lines).then_some((here + 1, meant))
    }
}

/// Section 5.5: "A field value does not include leading or trailing whitespace."
fn without_whitespace_around(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|&byte| !ows(byte));
    let end = line.iter().rposition(|&byte| !ows(byte));
    match (start, end) {
        (Some(start), Some(end)) => &line[start..=end],
        _ => &[],
    }
}

/// `tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~"
/// / DIGIT / ALPHA`
fn tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A character of `OWS = *( SP / HTAB )`.
fn ows(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text`
fn qdtext(byte: u8) -> bool {
    matches!(byte, b'\t' | b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E | 0x80..=0xFF)
}

/// `VCHAR / obs-text`
fn vchar_or_obs_text(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E | 0x80..=0xFF)
}
