//! Names the metadata of a resource in the challenge of DPoP.

use super::DpopBuilder;
use crate::resource_metadata::ResourceMetadata;

impl<V> DpopBuilder<V> {
    /// Names in the challenge the URL of `metadata`, as [`resource_metadata`](Self::resource_metadata) does. Serve the
    /// document with the [layer](ResourceMetadata::layer) or the [service](ResourceMetadata::service) of the same value.
    pub fn resource_metadata_of(self, metadata: &ResourceMetadata) -> Self {
        self.resource_metadata(metadata.url())
    }
}
