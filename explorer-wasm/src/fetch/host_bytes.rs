//! Bytes that the page around the frame supplies, of a dataset that it alone can read: behind a login, in a notebook's
//! kernel, in a folder on the user's disk.
//!
//! Each reader, the page and every worker, has a port of its own to the host, over which it posts `{id, path}` for a whole
//! file or `{id, path, start, end}` for a part of one, and later perhaps `{id, abort: true}`. The host answers
//! `{id, bytes}` or `{id, error}`. What comes is verified like any other answer.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
    rc::Rc,
};

use futures_channel::oneshot;
use gloo_events::EventListener;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, MessageChannel, MessageEvent, MessagePort};

use super::FetchError;

/// What addresses of files begin with that the host supplies.
pub(super) const SCHEME: &str = "tessera-host:";

type Supplied = Result<Vec<u8>, String>;

thread_local! {
    static READER: Reader = Reader::default();
}

/// Reads over this port from now on.
pub fn read_from_host(port: MessagePort) {
    READER.with(|reader| reader.open(port));
}

/// A port for a worker to read over, where there is a host that supplies bytes.
pub fn port_for_worker() -> Option<MessagePort> {
    READER.with(|reader| {
        let open = reader.open.borrow();
        let (port, _) = open.as_ref()?;
        let channel = MessageChannel::new().ok()?;
        // The host serves each port that comes to it.
        port.post_message_with_transferable(&JsValue::NULL, &Array::of1(&channel.port2())).ok()?;
        Some(channel.port1())
    })
}

/// The bytes of a file, or some of them. Waits for the host to be there.
pub(super) async fn read(
    path: &str,
    range: Option<&Range<u64>>,
    signal: Option<&AbortSignal>,
) -> Result<Vec<u8>, FetchError> {
    if let Some(port_comes) = READER.with(Reader::port_comes) {
        port_comes.await.map_err(|_| FetchError::Canceled)?;
    }
    let (id, supplied) = READER.with(|reader| reader.ask(path, range));
    let _gives_up = signal.map(|signal| {
        if signal.aborted() {
            READER.with(|reader| reader.give_up(id));
        }
        EventListener::once(signal, "abort", move |_| READER.with(|reader| reader.give_up(id)))
    });
    let supplied = supplied.await.map_err(|_| FetchError::Canceled)?;
    supplied.map_err(|reason| FetchError::Host { what: path.to_owned(), reason })
}

/// The port to the host, and what was asked for over it.
#[derive(Default)]
struct Reader {
    open: RefCell<Option<(MessagePort, EventListener)>>,
    /// Who waits for the port.
    early: RefCell<Vec<oneshot::Sender<()>>>,
    asked: Rc<RefCell<HashMap<u32, oneshot::Sender<Supplied>>>>,
    next_id: Cell<u32>,
}

impl Reader {
    fn open(&self, port: MessagePort) {
        let asked = Rc::clone(&self.asked);
        let listener = EventListener::new(&port, "message", move |event| {
            let answer = event.unchecked_ref::<MessageEvent>().data();
            let member = |name: &str| Reflect::get(&answer, &name.into()).unwrap_or_default();
            let asker = member("id").as_f64().and_then(|id| asked.borrow_mut().remove(&(id as u32)));
            if let Some(asker) = asker {
                // Who asked may have gone.
                let _ = asker.send(supplied(&member("bytes"), &member("error")));
            }
        });
        port.start();
        self.open.replace(Some((port, listener)));
        for waiting in self.early.take() {
            let _ = waiting.send(());
        }
    }

    /// Resolves once there is a port; `None` when there is one.
    fn port_comes(&self) -> Option<oneshot::Receiver<()>> {
        self.open.borrow().is_none().then(|| {
            let (sender, comes) = oneshot::channel();
            self.early.borrow_mut().push(sender);
            comes
        })
    }

    fn ask(&self, path: &str, range: Option<&Range<u64>>) -> (u32, oneshot::Receiver<Supplied>) {
        let id = self.next_id.replace(self.next_id.get().wrapping_add(1));
        let (sender, supplied) = oneshot::channel();
        self.asked.borrow_mut().insert(id, sender);
        let range = range.map(|range| [("start", range.start), ("end", range.end)]).into_iter().flatten();
        let numbers = range.map(|(name, number)| (name, JsValue::from(number as f64)));
        self.post(id, [("path", path.into())].into_iter().chain(numbers));
        (id, supplied)
    }

    fn give_up(&self, id: u32) {
        let is_under_way = self.asked.borrow_mut().remove(&id).is_some();
        if is_under_way {
            self.post(id, [("abort", JsValue::TRUE)]);
        }
    }

    fn post(&self, id: u32, members: impl IntoIterator<Item = (&'static str, JsValue)>) {
        let message = Object::new();
        for (name, value) in [("id", id.into())].into_iter().chain(members) {
            // Fails only for objects that are sealed.
            let _ = Reflect::set(&message, &name.into(), &value);
        }
        if let Some((port, _)) = &*self.open.borrow() {
            // A host that has gone supplies nothing: the request falls silent.
            let _ = port.post_message(&message);
        }
    }
}

fn supplied(bytes: &JsValue, error: &JsValue) -> Supplied {
    if let Some(buffer) = bytes.dyn_ref::<ArrayBuffer>() {
        return Ok(Uint8Array::new(buffer).to_vec());
    }
    let otherwise = || error.as_string().unwrap_or_else(|| "it gave no bytes".to_owned());
    bytes.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec).ok_or_else(otherwise)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join;
    use wasm_bindgen_test::wasm_bindgen_test as test;
    use web_sys::AbortController;

    use super::*;

    /// A host that supplies the path it is asked for and, of a part, where that begins; nothing of `never`, and no bytes
    /// of `broken`.
    fn host() -> (MessagePort, EventListener) {
        let channel = MessageChannel::new().expect("a browser has these");
        let port = channel.port2();
        let served = port.clone();
        let listener = EventListener::new(&port, "message", move |event| {
            let asked = event.unchecked_ref::<MessageEvent>().data();
            let member = |name: &str| Reflect::get(&asked, &name.into()).unwrap_or_default();
            let path = member("path").as_string().unwrap_or_default();
            let answer = Object::new();
            let answer_with = |name: &str, value: &JsValue| Reflect::set(&answer, &name.into(), value);
            answer_with("id", &member("id")).expect("it is an object");
            match path.as_str() {
                "never" => return,
                "broken" => answer_with("error", &"no such file".into()),
                _ => {
                    let start = member("start").as_f64().map(|start| start.to_string()).unwrap_or_default();
                    answer_with("bytes", &Uint8Array::from((path + &start).as_bytes()))
                }
            }
            .expect("it is an object");
            served.post_message(&answer).expect("it can be cloned");
        });
        port.start();
        (channel.port1(), listener)
    }

    #[test]
    async fn a_host_supplies_files_and_parts_of_them() {
        let early = read("early", None, None);
        let opened = async {
            let (port, listener) = host();
            read_from_host(port);
            listener
        };
        let (early, _host) = join(early, opened).await;
        assert_eq!(early.as_deref(), Ok(b"early".as_slice()));
        assert_eq!(read("a", Some(&(5..9)), None).await.as_deref(), Ok(b"a5".as_slice()));
        let error = read("broken", None, None).await.expect_err("the host says so").to_string();
        assert!(error.contains("broken") && error.contains("no such file"), "{error}");
        let gives_up = AbortController::new().expect("a browser has these");
        let (given_up, ()) = join(read("never", None, Some(&gives_up.signal())), async { gives_up.abort() }).await;
        assert_eq!(given_up, Err(FetchError::Canceled));
    }
}
