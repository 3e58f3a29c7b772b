//! What becomes of something that was asked for.

/// Something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot<T> {
    /// It is on its way.
    Loading,
    /// It is there.
    Ready(T),
    /// It could not be loaded. Whoever tried has told the user why.
    Failed,
}

impl<T> Slot<T> {
    /// It, when it is there.
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Loading | Self::Failed => None,
        }
    }
}

impl<T, E> From<Result<T, E>> for Slot<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Ready(value),
            Err(_) => Self::Failed,
        }
    }
}
