//! What a host asks for, carried out.

use std::rc::Rc;

use explorer_core::{
    dataset::FoundCells,
    embed::{Cause, ErrorCode, Failure, Incoming, Plan, description_of, json_of, no_ids},
    session::LISTED_CELLS,
    state::{Action, AppState},
};
use js_sys::Uint8Array;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::{
    Embedding,
    port::{Beside, Port},
};
use crate::{fetch::FetchError, picture::Wanted};

impl Embedding {
    pub(super) fn carry_out(self, port: &Rc<Port>, Incoming { id, request }: Incoming) {
        let plan = request.and_then(|request| {
            let plan = |state: &AppState| self.store.with_session_if_open(|session| request.plan(state, session));
            self.store.peek(plan)
        });
        match plan {
            Ok(plan) => self.follow(port, id, plan),
            Err(failure) => port.answer(id, Err(failure)),
        }
    }

    fn follow(self, port: &Rc<Port>, id: u64, plan: Plan) {
        let store = self.store;
        let as_host = |act: &dyn Fn()| {
            store.on_behalf_of(Cause::Host, act);
            Ok(Value::Bool(true))
        };
        let done = match plan {
            Plan::Dispatch(actions) => {
                let done = as_host(&|| actions.iter().cloned().for_each(|action| store.dispatch(action)));
                if actions.iter().any(Action::asks_a_result) {
                    self.asked.update(|asked| *asked += 1);
                }
                done
            }
            Plan::SelectIds(ids) => return self.select_ids(Rc::clone(port), id, ids),
            Plan::Replace(view) => as_host(&|| store.replace_view(*view.clone())),
            Plan::Run(command) => as_host(&|| self.run.run(command)),
            Plan::Configure(change) => {
                store.on_behalf_of(Cause::Host, || store.configure(&change)).map(|()| true.into())
            }
            Plan::Suspend => as_host(&|| {
                self.picture.suspended.set(true);
                store.forget_tiles();
            }),
            Plan::Resume => as_host(&|| self.picture.suspended.set(false)),
            Plan::Listen(events) => {
                port.listen(events);
                Ok(true.into())
            }
            Plan::Open(address) => {
                let is_opened = store.host().is_some_and(|host| host.open_page(&address));
                let elsewhere = || Failure::new(ErrorCode::Invalid, "the address is no page of this viewer");
                if is_opened { Ok(true.into()) } else { Err(elsewhere()) }
            }
            Plan::TellView => {
                let view = store.peek(|state| json_of(&state.view));
                Ok(json!({ "view": view, "link": store.link() }))
            }
            Plan::TellSelection { max_rows } => {
                return self.tell_selection(Rc::clone(port), id, max_rows);
            }
            Plan::TakePicture { mime, least_px } => return self.take_picture(Rc::clone(port), id, mime, least_px),
        };
        port.answer(id, done);
    }

    fn tell_selection(self, port: Rc<Port>, id: u64, max_rows: Option<u64>) {
        let store = self.store;
        let told = store.peek(|state| {
            store.with_session(|session| {
                let content = session.manifest().known_content_id().unwrap_or_default();
                (description_of(session, state), content.to_owned())
            })
        });
        let Some((selection, content)) = told else {
            return port.answer(id, Err(Failure::new(ErrorCode::NotReady, "the dataset is not open yet")));
        };
        let mut answer = json!(selection);
        answer["content"] = content.into();
        let Some(max_rows) = max_rows else { return port.answer(id, Ok(answer)) };
        store.spawn(async move {
            match store.selected_rows(max_rows).await {
                Ok(rows) => {
                    let buffer = Uint8Array::from(rows.as_slice()).buffer();
                    port.answer_with(id, answer, Beside::Buffer("rows", buffer.into()));
                }
                Err(error) => port.answer(id, Err(Failure::new(ErrorCode::Failed, error.to_string()))),
            }
        });
    }

    fn select_ids(self, port: Rc<Port>, id: u64, ids: Vec<String>) {
        let store = self.store;
        store.spawn(async move {
            let failed = |error: FetchError| Failure::new(ErrorCode::Failed, error.to_string());
            let done = match store.find_cells(&ids).await {
                Ok(FoundCells { cells, unknown }) if unknown.is_empty() => {
                    store.select_as_set(LISTED_CELLS, &cells, Cause::Host).await.map(|()| true.into()).map_err(failed)
                }
                Ok(FoundCells { unknown, .. }) => Err(Failure::new(ErrorCode::UnknownName, no_ids(&unknown))),
                Err(error) => Err(failed(error)),
            };
            port.answer(id, done);
        });
    }

    fn take_picture(self, port: Rc<Port>, id: u64, mime: String, least_px: [Option<u32>; 2]) {
        let failed = |message: &str| Failure::new(ErrorCode::Failed, message);
        let is_drawn = !self.picture.suspended.get_untracked();
        let Some(size_px) = self.picture.size_dpx().filter(|_| is_drawn) else {
            return port.answer(id, Err(failed("nothing is drawn now")));
        };
        let scale = least_px.into_iter().zip(size_px).filter_map(|(least, is)| Some(f64::from(least?) / is));
        let scale = scale.fold(1.0, f64::max).ceil() as u32;
        self.picture.take(Wanted::file(mime, scale, move |blob| match blob {
            Some(blob) => port.answer_with(id, json!({}), Beside::Copy("blob", blob.into())),
            None => port.answer(id, Err(failed("the picture could not be drawn as a file"))),
        }));
    }
}
