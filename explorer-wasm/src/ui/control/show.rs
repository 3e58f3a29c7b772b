//! What is there only while something is so.

use leptos::prelude::*;

/// Shows its children while `when` holds, else the fallback. That of Leptos is compiled anew for everything it shows.
#[component(transparent)]
pub fn Show(
    /// What is shown.
    children: ChildrenFn,
    /// Whether it is.
    #[prop(into)]
    when: Signal<bool>,
    /// What is shown otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
) -> impl IntoView {
    let is_so = Memo::new(move |_| when.get());
    move || if is_so.get() { children() } else { fallback.run() }
}
