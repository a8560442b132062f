//! Reads JSON objects whose member names are unique, at every depth.
//!
//! RFC 7515 section 4: "The Header Parameter names within the JOSE Header MUST be unique; JWS parsers MUST either reject
//! JWSs with duplicate Header Parameter names or use a JSON parser that returns only the lexically last duplicate member
//! name". RFC 7519 section 4 says the same of claims, and RFC 7517 section 4 of keys. This crate rejects them: two parsers
//! may choose different values of two members with one name, and so see two different tokens.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;
use serde_core::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object. Its values are read when they are asked for.
pub(crate) struct JsonObject<'t> {
    members: Vec<(Cow<'t, str>, &'t RawValue)>,
}

/// Says that a text is not the JSON that a reader expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonFault;

impl<'t> JsonObject<'t> {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// The text is not UTF-8 or not JSON, is not an object, is nested more than 128 deep, or an object in it has two
    /// members of the same name or stands for another value in `serde_json::Value`.
    pub(crate) fn parse(text: &'t [u8]) -> Result<Self, JsonFault> {
        let object = Self::parse_outermost(text)?;
        object.check_values()?;
        Ok(object)
    }

    /// Reads an object and leaves the objects in it unchecked. It is for a set of keys: each key is parsed by itself
    /// afterwards, so that a key with two members of the same name does not drop the others.
    ///
    /// # Errors
    ///
    /// The text is not UTF-8 or not JSON, is not an object, or has two members of the same name.
    pub(crate) fn parse_outermost(text: &'t [u8]) -> Result<Self, JsonFault> {
        let text = std::str::from_utf8(text).map_err(|_| JsonFault)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let members = json.deserialize_map(MembersVisitor);
        let mut members = members.map_err(|_| JsonFault)?;
        json.end().map_err(|_| JsonFault)?;
        match has_duplicates(&mut members, |(name, _)| name) {
            true => Err(JsonFault),
            false => Ok(Self { members }),
        }
    }

    fn check_values(&self) -> Result<(), JsonFault> {
        let values = self.members.iter().map(|(_, value)| value.get());
        let mut nested = values.filter(|value| value.starts_with(['{', '[']));
        nested.try_for_each(check_nested)
    }

    /// The names of the members.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| &**name)
    }

    /// Whether there is a member `name`. Its value may be `null`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The text of the value of the member `name`, as it is written.
    pub(crate) fn raw(&self, name: &str) -> Option<&'t str> {
        let mut members = self.members.iter();
        // `==` compares the lengths first. To compare the first byte as well saves most of the other calls of `memcmp`.
        let start = name.as_bytes().first();
        let (_, value) =
            members.find(|(known, _)| known.as_bytes().first() == start && known == name)?;
        Some(value.get())
    }

    /// The string in the member `name`, and `None` if there is no such member.
    ///
    /// # Errors
    ///
    /// The value is not a string.
    pub(crate) fn string(&self, name: &str) -> Result<Option<Cow<'t, str>>, JsonFault> {
        self.raw(name).map(string).transpose()
    }

    /// The number in the member `name`.
    ///
    /// # Errors
    ///
    /// The value is not a number, or not a finite one.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, JsonFault> {
        self.raw(name).map(number).transpose()
    }

    /// The object in the member `name`.
    ///
    /// # Errors
    ///
    /// The value is not an object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, JsonFault> {
        let object = |value: &'t str| Self::parse(value.as_bytes());
        self.raw(name).map(object).transpose()
    }

    /// The strings in the member `name`: the value is one string, or an array of strings.
    ///
    /// # Errors
    ///
    /// The value is neither.
    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<Cow<'t, str>>>, JsonFault> {
        let Some(value) = self.raw(name) else {
            return Ok(None);
        };
        if !value.starts_with('[') {
            return Ok(Some(vec![string(value)?]));
        }
        let values = array(value)?;
        values
            .into_iter()
            .map(string)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// The texts of the values of the array in the member `name`.
    ///
    /// # Errors
    ///
    /// The value is not an array.
    pub(crate) fn array(&self, name: &str) -> Result<Option<Vec<&'t str>>, JsonFault> {
        self.raw(name).map(array).transpose()
    }
}

fn string(value: &str) -> Result<Cow<'_, str>, JsonFault> {
    // The value is valid JSON, so a text between quotation marks that has no escape is a string as it is written.
    let plain = value
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    if let Some(text) = plain.filter(|text| memchr(b'\\', text.as_bytes()).is_none()) {
        return Ok(Cow::Borrowed(text));
    }
    let mut json = serde_json::Deserializer::from_str(value);
    json.deserialize_str(StringVisitor).map_err(|_| JsonFault)
}

fn number(value: &str) -> Result<f64, JsonFault> {
    // Most numbers are dates in seconds. Every `u32` has an exact `f64`.
    if let Ok(seconds) = value.parse::<u32>() {
        return Ok(f64::from(seconds));
    }
    serde_json::from_str(value).map_err(|_| JsonFault)
}

fn array(value: &str) -> Result<Vec<&str>, JsonFault> {
    let values = serde_json::from_str::<Vec<&RawValue>>(value).map_err(|_| JsonFault)?;
    Ok(values.into_iter().map(RawValue::get).collect())
}

/// Sorts `members` by their names, and returns whether two names are equal. Names of different lengths, which are most, are
/// not compared.
fn has_duplicates<M>(members: &mut [M], name: impl Fn(&M) -> &str) -> bool {
    members.sort_unstable_by(|one, other| {
        let (one, other) = (name(one), name(other));
        let lengths = one.len().cmp(&other.len());
        lengths.then_with(|| one.cmp(other))
    });
    members.windows(2).any(|two| name(&two[0]) == name(&two[1]))
}

fn check_nested(value: &str) -> Result<(), JsonFault> {
    let mut json = serde_json::Deserializer::from_str(value);
    UniqueNames.deserialize(&mut json).map_err(|_| JsonFault)
}

/// Reads the members of the outermost object.
struct MembersVisitor;

impl<'t> Visitor<'t> for MembersVisitor {
    type Value = Vec<(Cow<'t, str>, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(12);
        while let Some(name) = map.next_key_seed(NameSeed)? {
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

/// Reads the name of a member, and copies it only if it has escapes.
struct NameSeed;

impl<'t> DeserializeSeed<'t> for NameSeed {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(StringVisitor)
    }
}

struct StringVisitor;

impl<'t> Visitor<'t> for StringVisitor {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'t str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The name with which serde_json marks a text as JSON. This crate enables its feature `raw_value` for the whole program.
/// With it, `serde_json::Value` reads an object with this member alone as the text of the member, in which names may occur
/// twice.
///
/// The mark of numbers is not refused: with the feature `arbitrary_precision`, every number reaches [`UniqueNames`] under
/// it.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Walks through a value and fails at the first object that has two members of the same name, or the member [`RAW_VALUE`].
///
/// It reads the values inside the outermost object. That object needs no check for the mark: a token has other claims
/// beside it, so the mark never stands alone there.
struct UniqueNames;

impl<'t> DeserializeSeed<'t> for UniqueNames {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for UniqueNames {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = Vec::new();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            if name == RAW_VALUE {
                return Err(A::Error::custom("a name that serde_json keeps for itself"));
            }
            names.push(name);
            map.next_value_seed(Self)?;
        }
        if has_duplicates(&mut names, |name| name) {
            return Err(A::Error::custom("two members of the same name"));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::JsonObject;

    #[test]
    fn two_members_of_one_name_are_refused_at_every_depth() {
        let reads = |text: &str| JsonObject::parse(text.as_bytes()).is_ok();
        assert!(reads(r#"{"a":{"b":1,"c":[{"b":1},{"b":2}]},"b":2}"#));
        assert!(!reads(r#"{"a":1,"a":1}"#));
        assert!(
            !reads(r#"{"a":1,"\u0061":1}"#),
            "an escape is another spelling of one name"
        );
        assert!(!reads(r#"{"a":{"b":1,"b":2}}"#));
        assert!(!reads(r#"{"a":[[{"b":1,"b":2}]]}"#));
    }

    /// `serde_json::Value`, which an application may read its claims into, takes such an object for the text in it.
    #[test]
    fn an_object_that_other_readers_take_for_its_text_is_refused() {
        let text = r#"{"a":[{"$serde_json::private::RawValue":"{\"b\":1,\"b\":2}"}]}"#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(value, serde_json::json!({"a": [{"b": 2}]}));
        assert!(JsonObject::parse(text.as_bytes()).is_err());
        let number = br#"{"a":{"$serde_json::private::Number":"1"}}"#;
        assert!(JsonObject::parse(number).is_ok());
    }

    #[test]
    fn only_an_object_is_read_and_nothing_behind_it() {
        for text in [
            "",
            "[]",
            "1",
            "\"a\"",
            "null",
            "{}x",
            "{} {}",
            "{\"a\":}",
            "\u{feff}{}",
            "{'a':1}",
        ] {
            assert!(JsonObject::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(JsonObject::parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(JsonObject::parse(b" {\"a\" : 1}\n").is_ok());
    }

    #[test]
    fn deep_nesting_is_refused_and_ends_no_thread() {
        let deep = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(JsonObject::parse(deep(100).as_bytes()).is_ok());
        assert!(JsonObject::parse(deep(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_value_of_another_type_is_a_fault_and_not_a_missing_value() {
        let object = JsonObject::parse(
            br#"{"text":"a","number":1.5,"null":null,"list":["a","b"],"mixed":["a",1]}"#,
        );
        let object = object.unwrap_or_else(|_| panic!("it is JSON"));
        assert_eq!(
            object.string("text").map(|text| text.unwrap().into_owned()),
            Ok("a".to_owned())
        );
        assert_eq!(object.string("absent"), Ok(None));
        assert!(object.string("number").is_err());
        assert!(object.string("null").is_err());
        assert_eq!(object.number("number"), Ok(Some(1.5)));
        assert!(object.number("text").is_err());
        assert_eq!(object.strings("text").unwrap().unwrap(), ["a"]);
        assert_eq!(object.strings("list").unwrap().unwrap(), ["a", "b"]);
        assert!(object.strings("mixed").is_err());
        assert!(object.strings("number").is_err());
    }
}
