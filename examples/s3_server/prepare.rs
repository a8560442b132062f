//! Looks at the input of an operation before `s3s-fs` gets it.

use percent_encoding::percent_decode_str;
use s3s::dto::{
    CopyObjectInput, CopySource, CreateBucketInput, DeleteBucketInput, DeleteObjectInput,
    DeleteObjectsInput, GetObjectInput, HeadObjectInput, ListObjectsInput, ListObjectsV2Input,
    PutObjectInput,
};
use s3s::{S3Result, s3_error};

use crate::files::Files;

/// The name of the file for a key with a slash at its end.
pub(crate) const FOLDER: &str = ".folder";

/// Names the file of a key. For example, `photos/` is kept in `photos/.folder`.
fn name_file(key: &mut String) {
    if key.ends_with('/') {
        key.push_str(FOLDER);
    }
}

/// Looks at the input of an operation before `FileSystem` gets it.
pub(crate) trait Prepare<I> {
    fn prepare(&self, input: &mut I) -> S3Result<()>;
}

impl Prepare<HeadObjectInput> for Files {
    fn prepare(&self, input: &mut HeadObjectInput) -> S3Result<()> {
        name_file(&mut input.key);
        self.is_no_folder(&input.bucket, &input.key)
    }
}

impl Prepare<GetObjectInput> for Files {
    fn prepare(&self, input: &mut GetObjectInput) -> S3Result<()> {
        name_file(&mut input.key);
        self.is_no_folder(&input.bucket, &input.key)
    }
}

impl Prepare<PutObjectInput> for Files {
    fn prepare(&self, input: &mut PutObjectInput) -> S3Result<()> {
        name_file(&mut input.key);
        // A checksum in a field is still compared.
        input.checksum_algorithm = None;
        Ok(())
    }
}

impl Prepare<DeleteObjectInput> for Files {
    fn prepare(&self, input: &mut DeleteObjectInput) -> S3Result<()> {
        name_file(&mut input.key);
        Ok(())
    }
}

impl Prepare<CopyObjectInput> for Files {
    fn prepare(&self, input: &mut CopyObjectInput) -> S3Result<()> {
        name_file(&mut input.key);
        if let CopySource::Bucket { key, .. } = &mut input.copy_source {
            let mut source = String::from(&**key);
            name_file(&mut source);
            *key = source.into();
        }
        Ok(())
    }
}

impl Prepare<DeleteObjectsInput> for Files {
    fn prepare(&self, input: &mut DeleteObjectsInput) -> S3Result<()> {
        for object in &mut input.delete.objects {
            name_file(&mut object.key);
        }
        Ok(())
    }
}

impl Prepare<ListObjectsInput> for Files {
    fn prepare(&self, input: &mut ListObjectsInput) -> S3Result<()> {
        input.delimiter.take_if(|delimiter| delimiter.is_empty());
        Ok(())
    }
}

impl Prepare<ListObjectsV2Input> for Files {
    fn prepare(&self, input: &mut ListObjectsV2Input) -> S3Result<()> {
        if let Some(token) = &mut input.continuation_token {
            let key = percent_decode_str(token).decode_utf8_lossy();
            *token = key.into_owned();
        }
        input.delimiter.take_if(|delimiter| delimiter.is_empty());
        Ok(())
    }
}

impl Prepare<CreateBucketInput> for Files {
    fn prepare(&self, input: &mut CreateBucketInput) -> S3Result<()> {
        match self.has_bucket(&input.bucket) {
            true => Err(s3_error!(BucketAlreadyOwnedByYou)),
            false => Ok(()),
        }
    }
}

impl Prepare<DeleteBucketInput> for Files {
    fn prepare(&self, input: &mut DeleteBucketInput) -> S3Result<()> {
        match self.holds_objects(&input.bucket) {
            true => Err(s3_error!(BucketNotEmpty)),
            false => Ok(()),
        }
    }
}
