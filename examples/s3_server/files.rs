//! The files of `s3s-fs`, with some requests of real clients answered as S3 answers them.

use std::fs;
use std::path::{Path, PathBuf};

use http::{Extensions, HeaderMap, Method, Uri};
use s3s::dto::HeadObjectInput;
use s3s::{S3, S3Request, S3Result, s3_error};
use s3s_fs::FileSystem;

use crate::object_list::ObjectList;
use crate::prepare::FOLDER;

/// Serves a folder. [`FileSystem`] does the work, and this type corrects ten of its answers:
///
/// - An empty delimiter is no delimiter: restic and rclone send `delimiter=`.
/// - A list tells the entity tag of each object: s3cmd stops without it.
/// - A list encodes its names if it says so: boto3 reads `a+b` as `a b` otherwise.
/// - The token of the next page is no bare key, because XML cannot hold every key.
/// - A checksum in a trailer, which boto3 sends through TLS, is no missing field. The layer has verified it.
/// - A folder is no object: rclone sends `HEAD /bucket/folder`, and expects a `404`.
/// - A key with a slash at its end is an object. S3fs makes such objects for its folders, and keeps their modes there.
/// - The owner who creates a bucket again gets a code that says so, and clients go on.
/// - A bucket that holds objects is not removed.
/// - Buckets have no versions: rclone asks before it removes one.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) inner: FileSystem,
    root: PathBuf,
}

impl Files {
    pub(crate) fn open(root: &Path) -> Result<Self, String> {
        let inner = FileSystem::new(root).map_err(|error| format!("{error:?}"))?;
        let root = root.to_owned();
        Ok(Self { inner, root })
    }

    pub(crate) fn has_bucket(&self, bucket: &str) -> bool {
        self.root.join(bucket).exists()
    }

    pub(crate) fn holds_objects(&self, bucket: &str) -> bool {
        holds_files(&self.root.join(bucket))
    }

    /// Refuses a key that names a folder. A key that could lead out of the bucket is left to `FileSystem`.
    pub(crate) fn is_no_folder(&self, bucket: &str, key: &str) -> S3Result<()> {
        let is_plain = key.split('/').all(|name| !matches!(name, "" | "." | ".."));
        match is_plain && self.root.join(bucket).join(key).is_dir() {
            true => Err(s3_error!(NoSuchKey)),
            false => Ok(()),
        }
    }

    /// Completes a list of `bucket`: each object gets its entity tag and the key that its client chose, and all names
    /// are written as the client has asked.
    pub(crate) async fn complete(&self, bucket: &str, list: &mut impl ObjectList, in_url: bool) {
        for object in list.objects().into_iter().flatten() {
            let key = object.key.clone().unwrap_or_default();
            let folder = key
                .strip_suffix(FOLDER)
                .filter(|start| start.ends_with('/'));
            object.key = Some(folder.unwrap_or(&key).to_owned());
            // An object that was removed meanwhile stays without a tag.
            if let Ok(head) = self.inner.head_object(head(bucket, key)).await {
                object.e_tag = head.output.e_tag;
            }
        }
        list.encode_tokens();
        if in_url {
            list.encode_names();
        }
    }
}

fn head(bucket: &str, key: String) -> S3Request<HeadObjectInput> {
    let input = HeadObjectInput {
        bucket: bucket.to_owned(),
        key,
        ..HeadObjectInput::default()
    };
    S3Request {
        input,
        method: Method::HEAD,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

/// A folder stays when its last object is removed, and is no object.
fn holds_files(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| !entry.path().is_dir() || holds_files(&entry.path()))
}
