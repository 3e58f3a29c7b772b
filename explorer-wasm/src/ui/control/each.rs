//! Items that come and go.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use crate::view::view;
use leptos::prelude::{For as Rows, *};

/// An item, by the hash of its key.
struct Row {
    key: u64,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Shows each item, and keeps what is shown of those that stay. That of Leptos, which this uses, is compiled anew for every
/// kind of item.
#[component(transparent)]
pub fn Each<Items, Item, List, Key, KeyOf, Shown, Children>(
    /// The items.
    each: List,
    /// What tells an item from the others.
    key: KeyOf,
    /// What is shown of one.
    children: Children,
) -> impl IntoView
where
    List: Fn() -> Items + Send + Sync + 'static,
    Items: IntoIterator<Item = Item>,
    Item: Send + 'static,
    KeyOf: Fn(&Item) -> Key + Send + Sync + 'static,
    Key: Hash,
    Children: Fn(Item) -> Shown + Clone + Send + Sync + 'static,
    Shown: IntoView + 'static,
{
    let row = move |item: Item| {
        let key = BuildHasherDefault::<DefaultHasher>::default().hash_one(key(&item));
        let children = children.clone();
        Row { key, view: Box::new(move || children(item).into_any()) }
    };
    list(Box::new(move || each().into_iter().map(&row).collect()))
}

fn list(rows: Box<dyn Fn() -> Vec<Row> + Send + Sync>) -> AnyView {
    view! { <Rows each=rows key=|row: &Row| row.key children=|row: Row| (row.view)() /> }.into_any()
}
