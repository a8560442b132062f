//! Finds the operations in a JSON-RPC message, as far as scopes depend on them.
//!
//! The server inside reads the same bytes with another parser. A message that two parsers could read differently is
//! therefore refused: a member that occurs twice, a member whose name differs from the expected one only in case, and a
//! member with a name that serde_json keeps for itself. For example, some parsers take the last of two members `method`,
//! some take `Method` for `method`, and some take `{"$serde_json::private::RawValue":"1"}` for `1`.

use std::fmt;

use serde_core::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// The most messages of one batch.
const MAX_MESSAGES: usize = 128;

/// A request or a notification in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct McpOperation {
    pub(super) method: String,
    /// The member `name` of the parameters, which names a tool or a prompt.
    pub(super) name: Option<String>,
}

/// The operations of the request body. The layer puts them into the extensions, for the policy.
#[derive(Clone, Debug, Default)]
pub(super) struct McpOperations(pub(super) Vec<McpOperation>);

/// A body that is not a JSON-RPC message, or that parsers could read in several ways.
#[derive(Debug)]
pub(super) struct InvalidMessage;

impl McpOperations {
    /// Reads a message, or an array of messages. Responses to requests of the server have no operation. An empty body has
    /// none either, for example that of a `GET`.
    pub(super) fn read(body: &[u8]) -> Result<Self, InvalidMessage> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let operations = serde_json::from_slice::<Messages>(body);
        let operations = operations.map_err(|_| InvalidMessage)?;
        Ok(Self(operations.0))
    }
}

/// The operations of a message or of a batch.
struct Messages(Vec<McpOperation>);

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MessagesVisitor)
    }
}

struct MessagesVisitor;

impl<'de> Visitor<'de> for MessagesVisitor {
    type Value = Messages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message or an array of messages")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Messages, A::Error> {
        Ok(Messages(operation(members)?.into_iter().collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<Messages, A::Error> {
        let mut operations = Vec::new();
        let mut count = 0;
        while let Some(operation) = messages.next_element_seed(MessageSeed)? {
            operations.extend(operation);
            count += 1;
            if count > MAX_MESSAGES {
                return Err(A::Error::custom("the batch has too many messages"));
            }
        }
        Ok(Messages(operations))
    }
}

/// Reads one message of a batch.
struct MessageSeed;

impl<'de> DeserializeSeed<'de> for MessageSeed {
    type Value = Option<McpOperation>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed {
    type Value = Option<McpOperation>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        operation(members)
    }
}

fn operation<'de, A: MapAccess<'de>>(mut members: A) -> Result<Option<McpOperation>, A::Error> {
    let (mut method, mut params) = (None, None);
    while let Some(key) = members.next_key::<String>()? {
        match &*key {
            "method" => once(&mut method, members.next_value::<String>()?)?,
            "params" => once(&mut params, members.next_value::<Params>()?)?,
            _ => ignored(&mut members, &key, &["method", "params"])?,
        }
    }
    let Some(method) = method else {
        return Ok(None);
    };
    let name = params.and_then(|params: Params| params.name);
    Ok(Some(McpOperation { method, name }))
}

/// The parameters of a request. JSON-RPC allows an array, and MCP does not.
#[derive(Default)]
struct Params {
    name: Option<String>,
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParamsVisitor)
    }
}

struct ParamsVisitor;

impl<'de> Visitor<'de> for ParamsVisitor {
    type Value = Params;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of parameters")
    }

    fn visit_unit<E: Error>(self) -> Result<Params, E> {
        Ok(Params::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Params, A::Error> {
        let mut name = None;
        while let Some(key) = members.next_key::<String>()? {
            match &*key {
                "name" => once(&mut name, members.next_value::<String>()?)?,
                _ => ignored(&mut members, &key, &["name"])?,
            }
        }
        Ok(Params { name })
    }
}

/// Sets a member that must not occur twice.
fn once<T, E: Error>(member: &mut Option<T>, value: T) -> Result<(), E> {
    match member.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::custom("a member occurs twice")),
    }
}

/// The names that serde_json passes to its own types. This crate enables the feature `raw_value` for the whole program.
/// With it, `serde_json::Value` reads an object whose only member is `$serde_json::private::RawValue` as the JSON text in
/// that member, so an object without `method` could hide a call of a tool.
const PRIVATE: &str = "$serde_json::private::";

/// Skips the value of another member, unless its name could be taken for one of `expected`, or is private.
fn ignored<'de, A: MapAccess<'de>>(
    members: &mut A,
    key: &str,
    expected: &[&str],
) -> Result<(), A::Error> {
    if expected.iter().any(|name| folded(key).eq(name.chars())) {
        return Err(A::Error::custom("a member differs from another in case"));
    }
    if key.starts_with(PRIVATE) {
        return Err(A::Error::custom("the name of a member is private"));
    }
    members.next_value::<IgnoredAny>().map(drop)
}

/// The characters without their case. It also folds letters that only some parsers fold: the long s, and the sign of kelvin.
fn folded(key: &str) -> impl Iterator<Item = char> {
    let upper = key.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGES, McpOperations};

    fn read(body: &str) -> Option<Vec<(String, Option<String>)>> {
        let operations = McpOperations::read(body.as_bytes()).ok()?.0;
        let operations = operations.into_iter();
        Some(operations.map(|found| (found.method, found.name)).collect())
    }

    #[test]
    fn operations_are_found_in_messages_and_batches() {
        for (body, expected) in [
            ("", vec![]),
            ("[]", vec![]),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":{"method":"tools/call"}}"#,
                vec![],
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
                vec![],
            ),
            (r#"{"method":"ping"}"#, vec![("ping", None)]),
            (r#"{"method":"ping","params":null}"#, vec![("ping", None)]),
            (
                r#" {"params":{"arguments":{"name":"b","name":"c"},"name":"a"},"id":1,"method":"tools/call"} "#,
                vec![("tools/call", Some("a"))],
            ),
            (
                r#"{"method":"tools\u002fcall","params":{"n\u0061me":"\u0070ut"}}"#,
                vec![("tools/call", Some("put"))],
            ),
            (
                r#"[{"method":"a"},{"result":1},{"method":"b","params":{"name":"c"}}]"#,
                vec![("a", None), ("b", Some("c"))],
            ),
            (
                r#"{"method":"a","params":{"name":"b","list":[{"name":1}],"uri":"x"},"x":[[1.5e3],null,true]}"#,
                vec![("a", Some("b"))],
            ),
        ] {
            let expected = expected.into_iter();
            let expected: Vec<_> = expected
                .map(|(method, name): (&str, Option<&str>)| {
                    (method.to_owned(), name.map(str::to_owned))
                })
                .collect();
            assert_eq!(read(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_message_that_parsers_could_read_differently_is_refused() {
        for body in [
            "x",
            "1",
            "null",
            "\"tools/call\"",
            "{",
            "{}{}",
            "{} x",
            "\u{feff}{}",
            "[[]]",
            "[1]",
            "[[{\"method\":\"a\"}]]",
            r#"{"method":1}"#,
            r#"{"method":null}"#,
            r#"{"method":["tools/call"]}"#,
            r#"{"method":"a","method":"tools/call"}"#,
            r#"{"method":"a","m\u0065thod":"tools/call"}"#,
            r#"{"method":"a","Method":"tools/call"}"#,
            r#"{"METHOD":"tools/call"}"#,
            "{\"method\":\"a\",\"param\u{17f}\":{}}",
            r#"{"method":"a","params":{},"params":{}}"#,
            r#"{"method":"tools/call","params":["put"]}"#,
            r#"{"method":"tools/call","params":"put"}"#,
            r#"{"method":"tools/call","params":{"name":"a","name":"put"}}"#,
            r#"{"method":"tools/call","params":{"name":"a","NAME":"put"}}"#,
            r#"{"method":"tools/call","params":{"name":["put"]}}"#,
            r#"{"method":"tools/call","params":{"name":null}}"#,
            r#"{"method":"\ud800"}"#,
            "{\"method\":\"a\u{0}\"}",
            // serde_json's `Value` reads these as the message that is the text of the member.
            r#"{"$serde_json::private::RawValue":"{\"method\":\"tools/call\",\"params\":{\"name\":\"put\"}}"}"#,
            r#"{"method":"tools/call","params":{"$serde_json::private::RawValue":"{\"name\":\"put\"}"}}"#,
            r#"[{"\u0024serde_json::private::RawValue":"{\"method\":\"tools/call\"}"}]"#,
            r#"{"$serde_json::private::Number":"1"}"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
        assert!(McpOperations::read(b"{\"method\":\"\xff\"}").is_err());
        let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(McpOperations::read(&utf_16).is_err());
    }

    #[test]
    fn a_batch_has_a_limit_and_a_deep_value_does_no_harm() {
        let batch = |length: usize| format!("[{}]", vec![r#"{"method":"a"}"#; length].join(","));
        let most = read(&batch(MAX_MESSAGES));
        assert_eq!(most.map(|all| all.len()), Some(MAX_MESSAGES));
        assert_eq!(read(&batch(MAX_MESSAGES + 1)), None);
        let responses = vec!["{}"; MAX_MESSAGES + 1].join(",");
        assert_eq!(read(&format!("[{responses}]")), None);
        let depth = 200_000;
        let deep = format!(
            r#"{{"method":"a","params":{{"x":{}{}}}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        // Either answer is good, as long as the stack does not overflow.
        let _ = read(&deep);
        let _ = read(&"[".repeat(depth));
    }
}
