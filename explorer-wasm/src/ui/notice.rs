//! Short messages that do not stop the work.

use leptos::prelude::*;

use super::{Button, ButtonKind, Each, Glyph, Icon, IconButton};
use crate::view::view;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// Something was done.
    Done,
    /// Something is not as asked.
    Warning,
    /// Something failed.
    Error,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NoticeItem {
    /// Which one it is.
    pub id: u32,
    /// How much it matters.
    pub kind: NoticeKind,
    /// The message, in a sentence.
    pub text: String,
    /// The name of what can be done about it, where something can.
    pub action: Option<String>,
}

/// The messages, newest last, over a corner of the page. When they go is up to the caller.
#[component]
pub fn Notices(
    /// The messages.
    #[prop(into)]
    notices: Signal<Vec<NoticeItem>>,
    /// Called with the message whose action was chosen.
    #[prop(into)]
    on_action: Callback<u32>,
    /// Called with the message to take away.
    #[prop(into)]
    on_dismiss: Callback<u32>,
) -> impl IntoView {
    view! {
        <div class="notices" role="status" aria-live="polite" data-testid="notices">
            <Each each=move || notices.get() key=|notice| notice.clone() let:notice>
                <div
                    class=match notice.kind {
                        NoticeKind::Done => "notice",
                        NoticeKind::Warning => "notice warning",
                        NoticeKind::Error => "notice error",
                    }
                    data-testid="notice"
                >
                    <Icon glyph=match notice.kind {
                        NoticeKind::Done => Glyph::Check,
                        NoticeKind::Warning | NoticeKind::Error => Glyph::Warning,
                    } />
                    <p>{notice.text}</p>
                    {notice
                        .action
                        .map(|action| {
                            view! {
                                <Button
                                    label=action
                                    test_id="notice-action"
                                    kind=ButtonKind::Quiet
                                    on_press=move || on_action.run(notice.id)
                                />
                            }
                        })}
                    <IconButton
                        glyph=Glyph::Close
                        label="Dismiss"
                        test_id="notice-dismiss"
                        on_press=move || on_dismiss.run(notice.id)
                    />
                </div>
            </Each>
        </div>
    }
}
