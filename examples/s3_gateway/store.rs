//! Where objects are kept: a directory for each bucket, a file for each object.

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

/// The objects. A clone is the same store.
#[derive(Clone)]
pub(crate) struct Store(Arc<Root>);

struct Root {
    path: PathBuf,
    /// Numbers the uploads of this process.
    uploads: AtomicU64,
}

/// What is known of an object without opening it.
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
}

/// Of uploads that are under way: no bucket can have this name.
const UPLOADS: &str = ".uploads";

impl Store {
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        // What was left of an earlier process was never an object.
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
        let found = fs::metadata(path).await.is_ok_and(|it| it.is_dir());
        found.then_some(()).ok_or(Refused::NO_SUCH_BUCKET)
    }

    /// Its objects, in the order of their keys.
    pub(crate) async fn objects(&self, bucket: &str) -> Result<Vec<Object>, Refused> {
        self.look_for(bucket).await?;
        let mut objects = Vec::new();
        let mut entries = fs::read_dir(self.directory(bucket)?).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().into_string().ok();
            let Some(key) = name.and_then(|name| key_of(&name)) else {
                continue;
            };
            let about = match entry.metadata().await {
                // Somebody has removed it just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                about => about?,
            };
            objects.push(Object {
                key,
                length: about.len(),
                modified: about.modified()?,
            });
        }
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    pub(crate) async fn read(&self, bucket: &str, key: &str) -> Result<(File, Object), Refused> {
        self.look_for(bucket).await?;
        let file = File::open(self.file(bucket, key)?).await?;
        let about = file.metadata().await?;
        let object = Object {
            key: key.to_owned(),
            length: about.len(),
            modified: about.modified()?,
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

    /// Keeps a body, once all of it is there: that it ended without an error is the proof that it has verified.
    pub(crate) async fn write(&self, bucket: &str, key: &str, body: Body) -> Result<(), Refused> {
        self.look_for(bucket).await?;
        let target = self.file(bucket, key)?;
        let number = self.0.uploads.fetch_add(1, Ordering::Relaxed);
        let upload = Upload(self.0.path.join(UPLOADS).join(number.to_string()));
        // Opened at once: what a thread opened later would be left behind if this was over by then.
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

/// The file of an upload, which is gone unless it has become an object, whatever ends it: a client that goes away ends it
/// without a word.
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
