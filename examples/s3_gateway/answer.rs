//! The responses of the gateway: XML documents and errors.

use std::io;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::xml::Xml;

/// A response with an XML document.
pub(crate) fn document(xml: Xml) -> Response {
    ([(CONTENT_TYPE, "application/xml")], xml.finish()).into_response()
}

/// An error: the status, the code that S3 clients read, and a message for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(StatusCode, &'static str, &'static str);

impl Refused {
    pub(crate) const NO_SUCH_BUCKET: Self = Self(
        StatusCode::NOT_FOUND,
        "NoSuchBucket",
        "There is no such bucket.",
    );
    pub(crate) const NO_SUCH_KEY: Self =
        Self(StatusCode::NOT_FOUND, "NoSuchKey", "There is no such key.");
    pub(crate) const NOT_EMPTY: Self = Self(
        StatusCode::CONFLICT,
        "BucketNotEmpty",
        "The bucket is not empty.",
    );
    pub(crate) const BAD_BUCKET: Self = Self(
        StatusCode::BAD_REQUEST,
        "InvalidBucketName",
        "The bucket name is not valid.",
    );
    pub(crate) const LONG_KEY: Self = Self(
        StatusCode::BAD_REQUEST,
        "KeyTooLongError",
        "The key is too long.",
    );
    pub(crate) const BAD_ARGUMENT: Self = Self(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        "An argument is not valid.",
    );
    pub(crate) const BAD_RANGE: Self = Self(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "InvalidRange",
        "The object has no bytes in this range.",
    );
    pub(crate) const BROKEN_BODY: Self = Self(
        StatusCode::BAD_REQUEST,
        "IncompleteBody",
        "The body broke off.",
    );
    pub(crate) const NOT_IMPLEMENTED: Self = Self(
        StatusCode::NOT_IMPLEMENTED,
        "NotImplemented",
        "This is not implemented.",
    );
    const INTERNAL: Self = Self(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "The server could not read or write a file.",
    );
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NO_SUCH_KEY,
            io::ErrorKind::DirectoryNotEmpty => Self::NOT_EMPTY,
            _ => {
                eprintln!("error: {error}");
                Self::INTERNAL
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, code, message) = self;
        let xml = Xml::new().element("Error", |xml| {
            xml.text("Code", code).text("Message", message)
        });
        (status, document(xml)).into_response()
    }
}
