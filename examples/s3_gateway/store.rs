//! The object store: a directory for each bucket, and a file for each object.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::fs::{self, File};
use tokio::io::{AsyncWriteExt, BufWriter};

use crate::answer::Refused;
use crate::names::{file_of, is_bucket, key_of};

/// The object store. A clone shares the same store.
#[derive(Clone)]
pub(crate) struct Store(Arc<Root>);

struct Root {
    path: PathBuf,
    /// Numbers the uploads of this process.
    uploads: AtomicU64,
}

/// The properties of an object that are known without reading it.
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
}

/// The directory of unfinished uploads. A bucket cannot have this name, because it begins with a dot.
const UPLOADS: &str = ".uploads";

impl Store {
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        // The uploads of an earlier process were not finished and are not objects.
        let _ = fs::remove_dir_all(path.join(UPLOADS)).await;
        fs::create_dir_all(path.join(UPLOADS)).await?;
        Ok(Self(Arc::new(Root {
            path: path.to_owned(),
            uploads: AtomicU64::new(0),
        })))
    }

    pub(crate) async fn buckets(&self) -> io::Result<Vec<(String, SystemTime)>> {
        let mut buckets = Vec::new();
        let mut entries = fs::read_dir(&self.0.path).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().into_string().ok();
            if let Some(name) = name.filter(|name| is_bucket(name)) {
                buckets.push((name, entry.metadata().await?.modified()?));
            }
        }
        buckets.sort();
        Ok(buckets)
    }

    pub(crate) async fn make_bucket(&self, bucket: &str) -> Result<(), Refused> {
        Ok(fs::create_dir_all(self.directory(bucket)?).await?)
    }

    pub(crate) async fn remove_bucket(&self, bucket: &str) -> Result<(), Refused> {
        self.look_for(bucket).await?;
        Ok(fs::remove_dir(self.directory(bucket)?).await?)
    }

    pub(crate) async fn look_for(&self, bucket: &str) -> Result<(), Refused> {
        let path = self.directory(bucket)?;
        let found = fs::metadata(path).await.is_ok_and(|found| found.is_dir());
        found.then_some(()).ok_or(Refused::NO_SUCH_BUCKET)
    }

    /// Returns the objects of a bucket, sorted by key.
    pub(crate) async fn objects(&self, bucket: &str) -> Result<Vec<Object>, Refused> {
        self.look_for(bucket).await?;
        let mut objects = Vec::new();
        let mut entries = fs::read_dir(self.directory(bucket)?).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().into_string().ok();
            let Some(key) = name.and_then(|name| key_of(&name)) else {
                continue;
            };
            let metadata = match entry.metadata().await {
                // Another request has deleted the object since the directory was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?,
            };
            objects.push(Object {
                key,
                length: metadata.len(),
                modified: metadata.modified()?,
            });
        }
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    pub(crate) async fn read(&self, bucket: &str, key: &str) -> Result<(File, Object), Refused> {
        self.look_for(bucket).await?;
        let file = File::open(self.file(bucket, key)?).await?;
        let metadata = file.metadata().await?;
        let object = Object {
            key: key.to_owned(),
            length: metadata.len(),
            modified: metadata.modified()?,
        };
        Ok((file, object))
    }

    pub(crate) async fn remove(&self, bucket: &str, key: &str) -> Result<(), Refused> {
        self.look_for(bucket).await?;
        match fs::remove_file(self.file(bucket, key)?).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Writes a body to a file, and makes the file the object once the body has ended.
    ///
    /// A body that ends without an error has verified completely. If it ends with an error, the object stays as it was.
    pub(crate) async fn write(&self, bucket: &str, key: &str, body: Body) -> Result<(), Refused> {
        self.look_for(bucket).await?;
        let target = self.file(bucket, key)?;
        let number = self.0.uploads.fetch_add(1, Ordering::Relaxed);
        let upload = Upload(self.0.path.join(UPLOADS).join(number.to_string()));
        // This blocks, and must not move to another thread: if the client goes away before that thread creates the
        // file, `Upload` has already been dropped, and the file is never removed.
        let file = std::fs::File::create_new(&upload.0)?;
        write_to(file.into(), body).await?;
        Ok(fs::rename(&upload.0, target).await?)
    }

    fn directory(&self, bucket: &str) -> Result<PathBuf, Refused> {
        match is_bucket(bucket) {
            true => Ok(self.0.path.join(bucket)),
            false => Err(Refused::BAD_BUCKET),
        }
    }

    fn file(&self, bucket: &str, key: &str) -> Result<PathBuf, Refused> {
        let file = file_of(key).ok_or(Refused::LONG_KEY)?;
        Ok(self.directory(bucket)?.join(file))
    }
}

/// The file of an upload. Dropping it removes the file, unless the file has been renamed to that of an object.
///
/// The removal is in `Drop`, because the future of a request is dropped without notice if the client goes away.
struct Upload(PathBuf);

impl Drop for Upload {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn write_to(file: File, mut body: Body) -> Result<(), Refused> {
    let mut file = BufWriter::with_capacity(256 * 1024, file);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refused::BROKEN_BODY)?;
        if let Ok(data) = frame.into_data() {
            file.write_all(&data).await?;
        }
    }
    file.flush().await?;
    Ok(file.get_ref().sync_all().await?)
}
