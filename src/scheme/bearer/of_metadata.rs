//! Names the metadata of a resource in the challenge of Bearer.

use super::{Bearer, VerifyToken};
use crate::config_error::ConfigError;
use crate::resource_metadata::ResourceMetadata;

impl<V: VerifyToken> Bearer<V> {
    /// Names in the challenge the URL of `metadata`, as [`resource_metadata`](Self::resource_metadata) does. Serve the
    /// document with the [layer](ResourceMetadata::layer) or the [service](ResourceMetadata::service) of the same value, so
    /// that the URL and the document agree.
    ///
    /// # Errors
    ///
    /// As for [`resource_metadata`](Self::resource_metadata). The URL of a [`ResourceMetadata`] passes its checks.
    pub fn resource_metadata_of(self, metadata: &ResourceMetadata) -> Result<Self, ConfigError> {
        self.resource_metadata(metadata.url())
    }
}
