//! Stands in for `original_uri` without the feature `axum`.

use http::{Extensions, Uri};

/// Returns `None`: without axum, no `OriginalUri` extension exists.
pub(super) const fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}
