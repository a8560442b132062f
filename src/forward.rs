//! What does a pointer answer? What the value within it answers.

/// Implements a trait for pointers: an `Arc` that several share, and a `Box` of a value that may be any.
///
/// ```text
/// forward! { Arc, Box: Clock { fn wall(&self) -> SystemTime; fn monotonic(&self) -> Duration; } }
/// ```
macro_rules! forward {
    ($($pointer:ident),+: $trait:ident $body:tt) => {
        $($crate::forward::forward!(@one $pointer $trait $body);)+
    };
    (@one $pointer:ident $trait:ident {
        $(type $item:ident;)*
        $(fn $ask:ident(&self $(, $name:ident: $type:ty)* $(,)?) -> $answer:ty;)+
    }) => {
        impl<T: $trait + ?Sized> $trait for $pointer<T> {
            $(type $item = T::$item;)*
            $(fn $ask(&self $(, $name: $type)*) -> $answer { (**self).$ask($($name),*) })+
        }
    };
}

pub(crate) use forward;
