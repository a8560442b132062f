//! Reads the URI that the client sent from axum's extension.

use axum::extract::OriginalUri;
use http::{Extensions, Uri};

/// Reads the extension that axum's outermost router inserts before a nested router removes a prefix of the path.
pub(super) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions.get().map(|OriginalUri(uri)| uri)
}
