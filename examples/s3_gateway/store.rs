//! The object store: a directory with one file for each object.

use std::fmt::Write;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::StatusCode;
use http_body_util::BodyExt;
use tokio::fs::{self, File};
use tokio::io::{AsyncWriteExt, BufWriter};

/// The object store. A clone shares the same store.
#[derive(Clone)]
pub(crate) struct Store(Arc<Root>);

struct Root {
    path: PathBuf,
    /// Numbers the uploads of this process.
    uploads: AtomicU64,
}

/// The directory of unfinished uploads. No object has a file of this name, because it begins with a dot.
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

    pub(crate) async fn read(&self, name: &str) -> Result<File, StatusCode> {
        File::open(self.file(name)?).await.map_err(refused)
    }

    /// Writes a body to a file, and makes the file the object once the body has ended.
    ///
    /// A body that ends without an error has verified completely. If it ends with an error, the object stays as it was.
    pub(crate) async fn write(&self, name: &str, body: Body) -> Result<(), StatusCode> {
        let object = self.file(name)?;
        let number = self.0.uploads.fetch_add(1, Ordering::Relaxed);
        let upload = Upload(self.0.path.join(UPLOADS).join(number.to_string()));
        // This blocks, and must not move to another thread: if the client goes away before that thread creates the
        // file, `Upload` has already been dropped, and the file is never removed.
        let file = std::fs::File::create_new(&upload.0).map_err(refused)?;
        write_to(file.into(), body).await?;
        fs::rename(&upload.0, object).await.map_err(refused)
    }

    /// Removes an object. It is no error if there is none.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), StatusCode> {
        match fs::remove_file(self.file(name)?).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(error)),
            _ => Ok(()),
        }
    }

    fn file(&self, name: &str) -> Result<PathBuf, StatusCode> {
        let file = file_of(name).ok_or(StatusCode::BAD_REQUEST)?;
        Ok(self.0.path.join(file))
    }
}

/// The longest name of a file that file systems accept, in bytes.
const MAX_NAME: usize = 255;

/// Returns the name of the file for an object, or `None` if it is too long.
///
/// All characters except ASCII letters, digits, `-` and `_` are percent-encoded, so that no name leads out of the
/// directory. For example, `bucket/../etc` becomes `bucket%2F%2E%2E%2Fetc`.
fn file_of(name: &str) -> Option<String> {
    let mut file = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            file.push(char::from(byte));
        } else {
            write!(file, "%{byte:02X}").ok()?;
        }
    }
    (file.len() <= MAX_NAME).then_some(file)
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

async fn write_to(file: File, mut body: Body) -> Result<(), StatusCode> {
    let mut file = BufWriter::with_capacity(256 * 1024, file);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        if let Ok(data) = frame.into_data() {
            file.write_all(&data).await.map_err(refused)?;
        }
    }
    file.flush().await.map_err(refused)?;
    file.get_ref().sync_all().await.map_err(refused)
}

/// Returns the status for a file that could not be read or written.
#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` passes errors by value"
)]
pub(crate) fn refused(error: io::Error) -> StatusCode {
    if error.kind() == ErrorKind::NotFound {
        return StatusCode::NOT_FOUND;
    }
    eprintln!("error: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
