//! Lists the objects of a bucket: `ListObjects` and `ListObjectsV2`.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::time::SystemTime;

use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::answer::{Refused, document};
use crate::names::{file_of, key_of};
use crate::store::{Object, Store};
use crate::xml::Xml;

/// The parameters of a request that lists objects.
struct ListRequest {
    /// `true` for `ListObjectsV2`.
    is_v2: bool,
    prefix: String,
    delimiter: String,
    /// The page begins after this key.
    after: String,
    max_keys: usize,
    /// `true` if the client asks for percent-encoded keys.
    in_url: bool,
}

impl ListRequest {
    fn read(mut query: HashMap<String, String>) -> Result<Self, Refused> {
        let mut take = |name: &str| query.remove(name).unwrap_or_default();
        let is_v2 = take("list-type") == "2";
        let [start, token, marker] = ["start-after", "continuation-token", "marker"].map(&mut take);
        let token = match token.as_str() {
            "" => token,
            token => key_of(token).ok_or(Refused::BAD_ARGUMENT)?,
        };
        let max_keys = match take("max-keys") {
            text if text.is_empty() => 1000,
            text => text.parse().map_err(|_| Refused::BAD_ARGUMENT)?,
        };
        Ok(Self {
            is_v2,
            prefix: take("prefix"),
            delimiter: take("delimiter"),
            after: start.max(token).max(marker),
            max_keys: max_keys.min(1000),
            in_url: take("encoding-type") == "url",
        })
    }

    fn encoded(&self, key: &str) -> String {
        if !self.in_url {
            return key.to_owned();
        }
        key.bytes().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
    }

    /// Returns the part of a key up to the first delimiter after the prefix. Keys that have it in common are listed as
    /// one common prefix.
    fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let rest = key.strip_prefix(&self.prefix)?;
        let end = (!self.delimiter.is_empty()).then(|| rest.find(&self.delimiter))??;
        key.get(..self.prefix.len() + end + self.delimiter.len())
    }
}

/// A page of a list.
#[derive(Default)]
struct Page {
    objects: Vec<Object>,
    prefixes: BTreeSet<String>,
    /// The key after which the next page begins, if there is one.
    next: Option<String>,
}

impl Page {
    fn of(params: &ListRequest, objects: Vec<Object>) -> Self {
        let (mut page, mut last) = (Self::default(), params.after.clone());
        for object in objects {
            let common = params.common(&object.key).map(ToOwned::to_owned);
            let listed_as = common.as_deref().unwrap_or(&object.key);
            let is_listed = object.key.starts_with(&params.prefix)
                && *listed_as > *params.after
                && !page.prefixes.contains(listed_as);
            if !is_listed {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == params.max_keys {
                page.next = Some(last).filter(|_| params.max_keys > 0);
                break;
            }
            last = listed_as.to_owned();
            match common {
                Some(prefix) => drop(page.prefixes.insert(prefix)),
                None => page.objects.push(object),
            }
        }
        page
    }
}

/// `GET /BUCKET`: lists objects.
pub(crate) async fn objects(
    State(store): State<Store>,
    Path(bucket): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Refused> {
    if query.contains_key("location") {
        store.look_for(&bucket).await?;
        return Ok(document(Xml::new().text("LocationConstraint", "")));
    }
    let params = ListRequest::read(query)?;
    let page = Page::of(&params, store.objects(&bucket).await?);
    Ok(document(Xml::new().element("ListBucketResult", |xml| {
        entries(head(xml, &bucket, &params, &page), &params, &page)
    })))
}

fn head(xml: Xml, bucket: &str, params: &ListRequest, page: &Page) -> Xml {
    let xml = xml
        .text("Name", bucket)
        .text("Prefix", &params.encoded(&params.prefix))
        .text("Delimiter", &params.encoded(&params.delimiter))
        .text("MaxKeys", &params.max_keys)
        .text("IsTruncated", &page.next.is_some());
    let xml = match params.in_url {
        true => xml.text("EncodingType", "url"),
        false => xml,
    };
    let count = page.objects.len() + page.prefixes.len();
    let xml = match params.is_v2 {
        true => xml.text("KeyCount", &count),
        false => xml.text("Marker", &params.encoded(&params.after)),
    };
    match (&page.next, params.is_v2) {
        // The client returns a token unchanged. It is escaped like the name of a file, because XML cannot contain every
        // key.
        (Some(next), true) => xml.text("NextContinuationToken", &file_of(next).unwrap_or_default()),
        (Some(next), false) => xml.text("NextMarker", &params.encoded(next)),
        (None, _) => xml,
    }
}

fn entries(xml: Xml, params: &ListRequest, page: &Page) -> Xml {
    let xml = xml.each(&page.objects, |xml, object| {
        xml.element("Contents", |xml| {
            xml.text("Key", &params.encoded(&object.key))
                .text("LastModified", &date(object.modified))
                .text("ETag", &object.tag())
                .text("Size", &object.length)
                .text("StorageClass", "STANDARD")
        })
    });
    xml.each(&page.prefixes, |xml, prefix| {
        xml.element("CommonPrefixes", |xml| {
            xml.text("Prefix", &params.encoded(prefix))
        })
    })
}

/// Formats a time as in HTTP (RFC 9110 section 5.6.7).
pub(crate) fn http_date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// Formats a time as in XML: `2015-08-30T12:36:00.000Z`.
pub(crate) fn date(time: SystemTime) -> String {
    let text = http_date(time);
    let part = |from, to| text.get(from..to).unwrap_or_default();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(part(8, 11)).unwrap_or_default() / 3 + 1;
    let (day, year, clock) = (part(5, 7), part(12, 16), part(17, 25));
    format!("{year}-{month:02}-{day}T{clock}.000Z")
}
