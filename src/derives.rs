//! Macros that implement `Debug`, `Display` and `Clone` where the standard derive does not fit.
//!
//! The standard `Debug` would show secrets, there is no derive for `Display`, and the standard `Clone` would require
//! `Clone` of every type parameter.

/// Implements `Debug` that shows the given fields alone. The other fields are secret, or have no useful `Debug`.
///
/// The first brackets hold the generics of the impl, the second brackets those of the type. Write `all` in front if the
/// type has no other fields: the output then lacks the `..` that stands for hidden fields.
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

/// Implements `Display` that writes the given text.
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

/// Implements `Clone` that clones the given fields, with the bounds that the caller writes.
///
/// `#[derive(Clone)]` requires `Clone` of every type parameter, even of a parameter that is only used behind an `Arc`.
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
