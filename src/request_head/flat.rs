//! The original URI where no router cuts it.

use http::{Extensions, Uri};

/// Nobody leaves a note.
pub(super) const fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}
