//! Which record has each name?

use std::collections::HashMap;
use std::ops::Deref;

use crate::config_error::ConfigError;

/// Records under their names, complete from the start. A table without a record admits nobody, and of two records under
/// one name only one could be meant, so neither is a table.
pub(crate) struct NamedRecords<R>(HashMap<Box<str>, R>);

impl<R> NamedRecords<R> {
    /// A table of such records as `what` calls them, for example `"account"`. Each is checked before it is taken.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, or `check` refuses a record.
    pub(crate) fn new<N: Into<Box<str>>>(
        what: &str,
        records: impl IntoIterator<Item = (N, R)>,
        check: impl Fn(&str, &R) -> Result<(), ConfigError>,
    ) -> Result<Self, ConfigError> {
        let mut table = HashMap::new();
        for (name, record) in records {
            let name = name.into();
            check(&name, &record)?;
            if table.contains_key(&name) {
                return Err(ConfigError::new(format!("two {what}s are named {name:?}")));
            }
            table.insert(name, record);
        }
        if table.is_empty() {
            return Err(ConfigError::new(format!(
                "there is no {what}: nobody could log in"
            )));
        }
        Ok(Self(table))
    }
}

/// Which can be looked at, and not changed.
impl<R> Deref for NamedRecords<R> {
    type Target = HashMap<Box<str>, R>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// For a public table of records: a clone is the same table, and `Debug` shows no record.
macro_rules! is_a_shared_table {
    ($type:ident $(. $accounts:ident)?) => {
        impl<I> Clone for $type<I> {
            fn clone(&self) -> Self {
                Self(std::sync::Arc::clone(&self.0))
            }
        }

        impl<I> std::fmt::Debug for $type<I> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("len", &self.0$(.$accounts)?.len())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use is_a_shared_table;
