//! A table of records that are found by name.

use std::collections::HashMap;
use std::ops::Deref;

use crate::config_error::ConfigError;

/// Records under their names. The table does not change after it is built.
///
/// An empty table and a table with two records under one name are errors: the first would refuse every client, and of
/// the two records in the second only one would ever be found.
pub(crate) struct NamedRecords<R>(HashMap<Box<str>, R>);

impl<R> NamedRecords<R> {
    /// Builds a table. `what` names one record in error messages, for example `"account"`. `check` is asked about each
    /// record.
    ///
    /// # Errors
    ///
    /// There is no record, a name appears twice, or `check` refuses a record.
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
                return Err(ConfigError::new(format!(
                    "duplicate {what} name {name:?}: give each {what} its own name"
                )));
            }
            table.insert(name, record);
        }
        if table.is_empty() {
            return Err(ConfigError::new(format!(
                "no {what} is configured: add at least one"
            )));
        }
        Ok(Self(table))
    }
}

/// Gives read access alone: there is no `DerefMut`.
impl<R> Deref for NamedRecords<R> {
    type Target = HashMap<Box<str>, R>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Implements `Clone` and `Debug` for a public table of records. A clone shares the records. `Debug` shows how many
/// records there are, and none of them, because they hold secrets.
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
