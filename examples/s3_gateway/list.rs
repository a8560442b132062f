//! Which objects a bucket has: `ListObjects` and `ListObjectsV2`.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::time::SystemTime;

use axum::extract::{Path, Query, State};
use axum::response::Response;

use crate::answer::{Refused, document};
use crate::names::{file_of, key_of};
use crate::store::{Object, Store};
use crate::xml::Xml;

/// What is asked for.
struct Wanted {
    is_second: bool,
    prefix: String,
    delimiter: String,
    after: String,
    most: usize,
    in_url: bool,
}

impl Wanted {
    fn read(mut query: HashMap<String, String>) -> Result<Self, Refused> {
        let mut take = |name: &str| query.remove(name).unwrap_or_default();
        let is_second = take("list-type") == "2";
        let [start, token, marker] = ["start-after", "continuation-token", "marker"].map(&mut take);
        let token = match token.as_str() {
            "" => token,
            token => key_of(token).ok_or(Refused::BAD_ARGUMENT)?,
        };
        let most = match take("max-keys") {
            text if text.is_empty() => 1000,
            text => text.parse().map_err(|_| Refused::BAD_ARGUMENT)?,
        };
        Ok(Self {
            is_second,
            prefix: take("prefix"),
            delimiter: take("delimiter"),
            after: start.max(token).max(marker),
            most: most.min(1000),
            in_url: take("encoding-type") == "url",
        })
    }

    fn written(&self, key: &str) -> String {
        if !self.in_url {
            return key.to_owned();
        }
        key.bytes().fold(String::new(), |mut text, octet| {
            if octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) {
                text.push(char::from(octet));
            } else {
                let _ = write!(text, "%{octet:02X}");
            }
            text
        })
    }

    /// The part of a key up to the first delimiter after the prefix, for which all keys with it are listed once.
    fn common<'k>(&self, key: &'k str) -> Option<&'k str> {
        let rest = key.strip_prefix(&self.prefix)?;
        let end = (!self.delimiter.is_empty()).then(|| rest.find(&self.delimiter))??;
        key.get(..self.prefix.len() + end + self.delimiter.len())
    }
}

/// What is listed.
#[derive(Default)]
struct Page {
    objects: Vec<Object>,
    prefixes: BTreeSet<String>,
    /// Where the next page goes on, if there is one.
    next: Option<String>,
}

impl Page {
    fn of(wanted: &Wanted, objects: Vec<Object>) -> Self {
        let (mut page, mut last) = (Self::default(), wanted.after.clone());
        for object in objects {
            let common = wanted.common(&object.key).map(ToOwned::to_owned);
            let listed_as = common.as_deref().unwrap_or(&object.key);
            let is_wanted = object.key.starts_with(&wanted.prefix)
                && *listed_as > *wanted.after
                && !page.prefixes.contains(listed_as);
            if !is_wanted {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == wanted.most {
                page.next = Some(last).filter(|_| wanted.most > 0);
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

/// `GET /BUCKET`
pub(crate) async fn objects(
    State(store): State<Store>,
    Path(bucket): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Refused> {
    if query.contains_key("location") {
        store.look_for(&bucket).await?;
        return Ok(document(Xml::new().text("LocationConstraint", "")));
    }
    let wanted = Wanted::read(query)?;
    let page = Page::of(&wanted, store.objects(&bucket).await?);
    Ok(document(Xml::new().element("ListBucketResult", |xml| {
        listed(head(xml, &bucket, &wanted, &page), &wanted, &page)
    })))
}

fn head(xml: Xml, bucket: &str, wanted: &Wanted, page: &Page) -> Xml {
    let xml = xml
        .text("Name", bucket)
        .text("Prefix", &wanted.written(&wanted.prefix))
        .text("Delimiter", &wanted.written(&wanted.delimiter))
        .text("MaxKeys", &wanted.most)
        .text("IsTruncated", &page.next.is_some());
    let xml = match wanted.in_url {
        true => xml.text("EncodingType", "url"),
        false => xml,
    };
    let count = page.objects.len() + page.prefixes.len();
    let xml = match wanted.is_second {
        true => xml.text("KeyCount", &count),
        false => xml.text("Marker", &wanted.written(&wanted.after)),
    };
    match (&page.next, wanted.is_second) {
        // A token is handed back as it is: escaped like a file, since XML cannot hold every key.
        (Some(next), true) => xml.text("NextContinuationToken", &file_of(next).unwrap_or_default()),
        (Some(next), false) => xml.text("NextMarker", &wanted.written(next)),
        (None, _) => xml,
    }
}

fn listed(xml: Xml, wanted: &Wanted, page: &Page) -> Xml {
    let xml = xml.each(&page.objects, |xml, object| {
        xml.element("Contents", |xml| {
            xml.text("Key", &wanted.written(&object.key))
                .text("LastModified", &date(object.modified))
                .text("ETag", &object.tag())
                .text("Size", &object.length)
                .text("StorageClass", "STANDARD")
        })
    });
    xml.each(&page.prefixes, |xml, prefix| {
        xml.element("CommonPrefixes", |xml| {
            xml.text("Prefix", &wanted.written(prefix))
        })
    })
}

/// As HTTP writes it (RFC 9110 section 5.6.7).
pub(crate) fn http_date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// As XML does: `2015-08-30T12:36:00.000Z`.
pub(crate) fn date(time: SystemTime) -> String {
    let text = http_date(time);
    let part = |from, to| text.get(from..to).unwrap_or_default();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(part(8, 11)).unwrap_or_default() / 3 + 1;
    let (day, year, clock) = (part(5, 7), part(12, 16), part(17, 25));
    format!("{year}-{month:02}-{day}T{clock}.000Z")
}
