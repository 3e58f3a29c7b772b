//! Views and effects of one type each: what Leptos makes of its own is compiled anew for every one of them, with all that
//! surrounds it.

use leptos::prelude::Effect;

/// Leptos' `view!` with the type erased.
macro_rules! view {
    ($($markup:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::view! { $($markup)* })
    };
}

pub(crate) use view;

/// Runs something soon, and again after what it reads has changed; as long as the present owner is there.
pub(crate) fn effect(run: impl FnMut() + 'static) {
    fn erased(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    erased(Box::new(run));
}
