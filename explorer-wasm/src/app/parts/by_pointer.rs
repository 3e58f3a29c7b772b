//! Shared data in a memo.

use std::sync::Arc;

/// Shared data, equal when it is the same.
#[derive(Debug)]
pub struct ByPointer<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for ByPointer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> PartialEq for ByPointer<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
