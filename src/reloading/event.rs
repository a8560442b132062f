//! The result of a reload, and the health of a file.

use crate::config_error::ConfigError;

/// The result of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ReloadEvent {
    /// The file has not changed.
    Unchanged,
    /// The file has changed, and its new contents are in effect.
    Loaded,
    /// The new contents are in effect, and the operator should read this warning. For example, a line of a file of
    /// accounts has an unreadable hash, or the accounts
    /// [mix hashes of different costs](crate::password::HashedAccounts::mixed_costs).
    ///
    /// If there are several warnings, the [listener](super::ReloadingFile::on_reload) gets each of them as one event.
    LoadedWith(ConfigError),
    /// The file cannot be used, for this reason. The last good contents stay in effect.
    Kept(ConfigError),
}

impl ReloadEvent {
    /// The text for the operator, if there is one: why the file [cannot be used](Self::Kept), or the
    /// [warning](Self::LoadedWith) about contents that are used. [`is_loaded`](Self::is_loaded) tells the two apart.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Unchanged | Self::Loaded => None,
            Self::LoadedWith(fault) | Self::Kept(fault) => Some(fault),
        }
    }

    /// Whether new contents are in effect.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        matches!(self, Self::Loaded | Self::LoadedWith(_))
    }
}

/// Tells whether the contents in memory are those of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHealth {
    pub(super) loads: u64,
    pub(super) fault: Option<ConfigError>,
    pub(super) warnings: Vec<ConfigError>,
}

impl FileHealth {
    /// Whether the last look at the file found contents that can be used.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.fault.is_none()
    }

    /// Why the file could not be used at the last look. `None` if it could.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        self.fault.as_ref()
    }

    /// The first [warning](Self::warnings) about the contents in memory, if there is one.
    #[must_use]
    pub fn warning(&self) -> Option<&ConfigError> {
        self.warnings.first()
    }

    /// The warnings about the contents in memory, which are used all the same. See [`ReloadEvent::LoadedWith`].
    #[must_use]
    pub fn warnings(&self) -> &[ConfigError] {
        &self.warnings
    }

    /// How often the file has been loaded, including the first time.
    #[must_use]
    pub const fn loads(&self) -> u64 {
        self.loads
    }
}
