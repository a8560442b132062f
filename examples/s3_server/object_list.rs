//! Lists of objects, in both versions of the operation.

use std::fmt::Write;

use s3s::dto::{CommonPrefix, ListObjectsOutput, ListObjectsV2Output, Object};

/// A list of objects.
pub(crate) trait ObjectList {
    /// The objects.
    fn objects(&mut self) -> Option<&mut Vec<Object>>;

    /// Writes every name as a URL would have it, which the client asks for with `encoding-type=url`.
    fn encode_names(&mut self);

    /// Writes the tokens of a page as a URL would have them. `s3s-fs` takes the last key for the token, and XML cannot hold
    /// every key. The client sends the token back as it is.
    fn encode_tokens(&mut self);
}

impl ObjectList for ListObjectsOutput {
    fn objects(&mut self) -> Option<&mut Vec<Object>> {
        self.contents.as_mut()
    }

    fn encode_names(&mut self) {
        let alone = [
            &mut self.prefix,
            &mut self.delimiter,
            &mut self.marker,
            &mut self.next_marker,
        ];
        alone.into_iter().for_each(encode);
        encode_all(&mut self.contents, &mut self.common_prefixes);
    }

    /// Version 1 has markers in their place, which are names.
    fn encode_tokens(&mut self) {}
}

impl ObjectList for ListObjectsV2Output {
    fn objects(&mut self) -> Option<&mut Vec<Object>> {
        self.contents.as_mut()
    }

    fn encode_names(&mut self) {
        let alone = [&mut self.prefix, &mut self.delimiter, &mut self.start_after];
        alone.into_iter().for_each(encode);
        encode_all(&mut self.contents, &mut self.common_prefixes);
    }

    fn encode_tokens(&mut self) {
        encode(&mut self.continuation_token);
        encode(&mut self.next_continuation_token);
    }
}

fn encode_all(objects: &mut Option<Vec<Object>>, prefixes: &mut Option<Vec<CommonPrefix>>) {
    let keys = objects.iter_mut().flatten().map(|object| &mut object.key);
    let prefixes = prefixes.iter_mut().flatten();
    keys.chain(prefixes.map(|one| &mut one.prefix))
        .for_each(encode);
}

fn encode(name: &mut Option<String>) {
    if let Some(name) = name {
        *name = encoded(name);
    }
}

/// Writes everything but letters, digits and `-._~/` as `%XX`. For example, `a b+c` becomes `a%20b%2Bc`.
fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
