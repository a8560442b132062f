//! How are `Debug`, `Display` and `Clone` derived, where the standard library derives none, or one that shows or asks too
//! much?

/// Implements `Debug` for a type of which a log may show these fields and no others: the rest is secret, or has nothing to
/// show. The generics of the impl stand in the first brackets, those of the type in the second. `all` before them says that
/// the type has no other fields.
///
/// ```text
/// shows! { impl[S: fmt::Debug, R] Service[S, R] as self { inner: self.inner } }
/// ```
macro_rules! shows {
    ($(#[$docs:meta])* impl $($shown:tt)*) => {
        $crate::derives::shows! { @finish_non_exhaustive $(#[$docs])* impl $($shown)* }
    };
    ($(#[$docs:meta])* all impl $($shown:tt)*) => {
        $crate::derives::shows! { @finish $(#[$docs])* impl $($shown)* }
    };
    (@$finish:ident $(#[$docs:meta])* impl[$($generics:tt)*] $type:ident[$($args:tt)*] as $this:ident {
        $($field:ident: $value:expr),* $(,)?
    } $(where $($bounds:tt)*)?) => {
        $(#[$docs])*
        impl<$($generics)*> ::std::fmt::Debug for $type<$($args)*> $(where $($bounds)*)? {
            fn fmt(&$this, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($type));
                $(shown.field(stringify!($field), &$value);)*
                shown.$finish()
            }
        }
    };
}

/// Implements `Display` that writes this text.
///
/// ```text
/// writes! { impl[] Scheme[] as self => self.name() }
/// ```
macro_rules! writes {
    ($(#[$docs:meta])* impl[$($generics:tt)*] $type:ident[$($args:tt)*] as $this:ident => $text:expr) => {
        $(#[$docs])*
        impl<$($generics)*> ::std::fmt::Display for $type<$($args)*> {
            fn fmt(&$this, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($text)
            }
        }
    };
}

/// Implements `Clone` that clones these fields, and asks of the generics no more than that takes: `#[derive(Clone)]` wants
/// `Clone` of every type parameter, also of one that stands behind an `Arc`.
///
/// ```text
/// clones! { impl[S: Clone, R] Service[S, R] { inner, shared } }
/// ```
macro_rules! clones {
    ($(#[$docs:meta])* impl[$($generics:tt)*] $type:ident[$($args:tt)*] { $($field:tt),* $(,)? }) => {
        $(#[$docs])*
        impl<$($generics)*> Clone for $type<$($args)*> {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone(),)* }
            }
        }
    };
}

pub(crate) use {clones, shows, writes};
