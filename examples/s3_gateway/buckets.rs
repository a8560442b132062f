//! The handlers for buckets.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::answer::{Refused, document};
use crate::list::date;
use crate::store::Store;
use crate::xml::Xml;

/// `GET /`: lists all buckets.
pub(crate) async fn all(State(store): State<Store>) -> Result<Response, Refused> {
    let buckets = store.buckets().await?;
    let owner = |xml: Xml| xml.text("ID", "owner").text("DisplayName", "owner");
    Ok(document(Xml::new().element(
        "ListAllMyBucketsResult",
        |xml| {
            xml.element("Owner", owner).element("Buckets", |xml| {
                xml.each(buckets, |xml, (name, made)| {
                    xml.element("Bucket", |xml| {
                        xml.text("Name", &name).text("CreationDate", &date(made))
                    })
                })
            })
        },
    )))
}

/// `PUT /BUCKET`: creates a bucket.
pub(crate) async fn make(
    State(store): State<Store>,
    Path(bucket): Path<String>,
) -> Result<(), Refused> {
    store.make_bucket(&bucket).await
}

/// `HEAD /BUCKET`: checks that a bucket exists.
pub(crate) async fn look(
    State(store): State<Store>,
    Path(bucket): Path<String>,
) -> Result<(), Refused> {
    store.look_for(&bucket).await
}

/// `DELETE /BUCKET`: deletes an empty bucket.
pub(crate) async fn remove(
    State(store): State<Store>,
    Path(bucket): Path<String>,
) -> Result<StatusCode, Refused> {
    store.remove_bucket(&bucket).await?;
    Ok(StatusCode::NO_CONTENT)
}
