//! The original URI behind axum's nested routers.

use axum::extract::OriginalUri;
use http::{Extensions, Uri};

/// The note that axum's outermost router leaves before anything is cut.
pub(super) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get().map(|OriginalUri(uri)| uri)
}
