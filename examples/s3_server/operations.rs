//! The operations of S3 that [`Files`] has.

use std::future::{Future, ready};
use std::pin::Pin;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::files::Files;
use crate::prepare::Prepare;

/// The answer of an operation, in the form in which the trait `S3` has it.
type Answer<'a, T> = Pin<Box<dyn Future<Output = S3Result<S3Response<T>>> + Send + 'a>>;

macro_rules! operations {
    (
        as_it_is { $($name:ident($input:ident) -> $output:ident;)+ }
        prepared { $($prepared:ident($with:ident) -> $from:ident;)+ }
        completed { $($list:ident($asked:ident) -> $listed:ident;)+ }
        empty { $($empty:ident($nothing:ident) -> $default:ident;)+ }
    ) => {
        impl S3 for Files {
            $(fn $name<'s, 'a>(&'s self, request: S3Request<$input>) -> Answer<'a, $output>
            where
                's: 'a,
                Self: 'a,
            {
                self.inner.$name(request)
            })+

            $(fn $prepared<'s, 'a>(&'s self, mut request: S3Request<$with>) -> Answer<'a, $from>
            where
                's: 'a,
                Self: 'a,
            {
                match self.prepare(&mut request.input) {
                    Ok(()) => self.inner.$prepared(request),
                    Err(error) => Box::pin(ready(Err(error))),
                }
            })+

            $(fn $list<'s, 'a>(&'s self, mut request: S3Request<$asked>) -> Answer<'a, $listed>
            where
                's: 'a,
                Self: 'a,
            {
                Box::pin(async move {
                    self.prepare(&mut request.input)?;
                    let bucket = request.input.bucket.clone();
                    let in_url = request.input.encoding_type.is_some();
                    let mut response = self.inner.$list(request).await?;
                    self.complete(&bucket, &mut response.output, in_url).await;
                    Ok(response)
                })
            })+

            $(fn $empty<'s, 'a>(&'s self, _: S3Request<$nothing>) -> Answer<'a, $default>
            where
                's: 'a,
                Self: 'a,
            {
                Box::pin(ready(Ok(S3Response::new($default::default()))))
            })+
        }
    };
}

operations! {
    as_it_is {
        abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
        complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
        create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput;
        head_bucket(HeadBucketInput) -> HeadBucketOutput;
        list_buckets(ListBucketsInput) -> ListBucketsOutput;
        list_parts(ListPartsInput) -> ListPartsOutput;
        upload_part(UploadPartInput) -> UploadPartOutput;
        upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
    }
    prepared {
        copy_object(CopyObjectInput) -> CopyObjectOutput;
        create_bucket(CreateBucketInput) -> CreateBucketOutput;
        delete_object(DeleteObjectInput) -> DeleteObjectOutput;
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput;
        put_object(PutObjectInput) -> PutObjectOutput;
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
        get_object(GetObjectInput) -> GetObjectOutput;
        head_object(HeadObjectInput) -> HeadObjectOutput;
    }
    completed {
        list_objects(ListObjectsInput) -> ListObjectsOutput;
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    }
    empty {
        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    }
}
