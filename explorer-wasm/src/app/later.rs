//! Views whose part of the program is loaded when they are first needed.

use std::{pin::Pin, time::Duration};

use explorer_core::embed::Ui;
use leptos::{prelude::*, wasm_split::SplitLoaderError};

use crate::{
    owner::Alive,
    store::{Store, Tone},
    view::effect,
};

/// How long after the first picture is whole parts are loaded that nobody has asked for yet.
const LEISURE: Duration = Duration::from_secs(1);

/// What a part of the program gives, once it is there.
pub type Loading<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A view of a part of the program, built when it is first needed. The part is loaded then, or `ahead`, when nothing else
/// is to be done. Where it cannot be loaded, that is told, and `give_up` takes back what needs it: who asks again, tries
/// again.
pub(super) fn later<T: Copy + 'static>(
    store: Store,
    load: fn() -> Loading<T>,
    needed: Signal<bool>,
    give_up: impl Fn() + Copy + 'static,
    view: impl Fn(T) -> AnyView + Send + 'static,
) -> AnyView {
    let part = RwSignal::new_local(None::<T>);
    let is_loading = StoredValue::new(false);
    let ahead = at_leisure(store);
    effect(move || {
        let is_needed = needed.get();
        if !(is_needed || ahead.get()) || part.with_untracked(Option::is_some) || is_loading.get_value() {
            return;
        }
        is_loading.set_value(true);
        store.spawn(async move {
            let loaded = load().await;
            is_loading.set_value(false);
            match loaded {
                Ok(loaded) => part.set(Some(loaded)),
                Err(_) if needed.get_untracked() => {
                    give_up();
                    store.tell(
                        "This part of the page could not be loaded: its server does not answer. Try again when it does."
                            .to_owned(),
                        Tone::Error,
                    );
                }
                Err(_) => {}
            }
        });
    });
    let is_wanted = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || needed.get());
    (move || part.get().filter(|_| is_wanted.get()).map(&view)).into_any()
}

/// Becomes true a while after the first picture is whole, where there is more on the page than a picture.
fn at_leisure(store: Store) -> RwSignal<bool> {
    let (placing, settings) = (store.placing(), store.settings());
    let is_due = RwSignal::new(false);
    let alive = Alive::here();
    effect(move || {
        let is_whole = placing.with(|placing| placing.n_points > 0 && placing.n_placed == placing.n_points);
        if is_whole && settings.with(|settings| settings.ui != Ui::Picture) {
            alive.after(LEISURE, move || is_due.set(true));
        }
    });
    is_due
}
