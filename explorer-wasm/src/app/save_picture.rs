//! The picture saved as a file.

use std::collections::BTreeSet;

use explorer_core::session::{HtmlView, MOST_HTML_CELLS};
use gloo_file::{Blob, futures::read_as_data_url};
use leptos::prelude::*;

use super::parts::Page;
use crate::{
    picture::{Pictures, Wanted},
    store::{Store, Tone},
    ui::{PanelExtent, PictureFormat, PicturePart, SaveOptions},
};

/// Saves what panels show as it was asked for.
pub(super) fn save_picture(store: Store, pictures: Pictures, page: Page, options: SaveOptions) {
    let title = page.title.get_untracked();
    match options.format {
        PictureFormat::Html => save_html(store, pictures, title, options),
        PictureFormat::Png | PictureFormat::Svg => {
            let panels = options.panels;
            let wanted = Wanted::saved(store, title, options);
            match panels {
                PanelExtent::All => pictures.take_all(wanted),
                PanelExtent::Active => pictures.focused(store).take(wanted),
            }
        }
    }
}

/// What an HTML file is, for who is about to save one.
pub(super) fn html_text(store: Store) -> Signal<String> {
    let unit = store.unit();
    Signal::derive(move || {
        let most = unit.get().count(MOST_HTML_CELLS as u64);
        format!(
            "HTML is one file that opens without a server: the active panel, what the hover card says of each of at most \
             {most} in sight, and the link to this view."
        )
    })
}

/// Saves what the panel that commands are about shows as a page of its own, which has its title as a heading.
fn save_html(store: Store, pictures: Pictures, title: String, options: SaveOptions) {
    let picture = pictures.focused(store);
    let Some(view) = picture.view.get_untracked() else { return };
    let cells = store.cells_in_sight(picture.panel, &view);
    if let Some(why) = cells.refused() {
        return store.tell(why, Tone::Error);
    }
    let ratio = picture.ratio() * f64::from(options.scale);
    let parts: BTreeSet<PicturePart> = options.parts.into_iter().filter(|part| *part != PicturePart::Title).collect();
    let options = SaveOptions { parts, ..options };
    picture.take(Wanted::png(options, move |image| {
        store.spawn(async move {
            let image = match image {
                Some(image) => read_as_data_url(&Blob::from(image)).await.ok(),
                None => None,
            };
            let (Some(image), Some(host)) = (image, store.host()) else {
                return store.tell("The picture could not be saved.".to_owned(), Tone::Error);
            };
            let drawn = HtmlView {
                unit: store.unit().get_untracked().many().to_owned(),
                link: store.address_of(&store.link()),
                size_px: view.size_px(),
                title: title.clone(),
                image,
                ratio,
                ..HtmlView::default()
            };
            match store.view_as_html(cells, drawn).await {
                Ok(Some(file)) => host.save_file(&format!("{title}.html"), &file.into()),
                Ok(None) => {}
                Err(error) => store.tell(format!("The view could not be saved: {error}"), Tone::Error),
            }
        });
    }));
}
