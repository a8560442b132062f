//! A list of few values.

use std::{mem, slice};

/// A list of nearly always at most one value, which costs no allocation.
#[derive(Clone, Debug, Default)]
pub(super) enum Few<T> {
    #[default]
    None,
    One(T),
    Several(Vec<T>),
}

impl<T> Few<T> {
    #[inline]
    pub(super) fn push(&mut self, value: T) {
        match self {
            Self::None => *self = Self::One(value),
            Self::Several(values) => values.push(value),
            Self::One(_) => self.push_second(value),
        }
    }

    #[cold]
    fn push_second(&mut self, value: T) {
        let first = mem::replace(self, Self::None).into_iter();
        *self = Self::Several(first.chain([value]).collect());
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = T> {
        let (one, several) = match self {
            Self::None => (None, Vec::new()),
            Self::One(value) => (Some(value), Vec::new()),
            Self::Several(values) => (None, values),
        };
        one.into_iter().chain(several)
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(value) => slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}
