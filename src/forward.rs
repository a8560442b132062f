//! A macro that implements a trait for pointers to its implementors.

/// Implements a trait for pointers. Each method calls the same method of the value behind the pointer.
///
/// `Arc<T>` is for a value that several owners share. `Box<dyn Trait>` is for a value whose type is chosen at run time.
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
