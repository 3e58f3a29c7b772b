//! The port to the host: text in and out, numbered, and no more than there may be.

use std::{
    cell::{Cell, RefCell},
    mem::{Discriminant, discriminant},
    rc::{Rc, Weak},
};

use explorer_core::embed::{
    Admission, Answer, ErrorCode, Event, EventMessage, Failure, Gate, Incoming, MAX_LIST_BYTES, Request,
};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, ArrayBuffer, JSON, Object, Reflect, Uint8Array};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

use crate::platform;

/// What carries out a request that has come over a port.
type CarryOut = Box<dyn Fn(&Rc<Port>, Incoming)>;

/// A port that is open.
pub struct Port {
    port: MessagePort,
    seq: Cell<u64>,
    /// Events that are told only if they are asked for.
    heard: RefCell<Vec<String>>,
    gate: RefCell<Gate<Option<Discriminant<Request>>, Incoming>>,
    carry_out: CarryOut,
    me: Weak<Port>,
    pending: RefCell<Option<Timeout>>,
    listener: RefCell<Option<EventListener>>,
}

/// What travels beside an answer's text, and is another member of it.
pub enum Beside {
    /// A buffer, which is handed over.
    Buffer(&'static str, JsValue),
    /// What is copied: a file.
    Copy(&'static str, JsValue),
}

impl Port {
    /// Hears what comes from now on.
    pub fn open(port: MessagePort, carry_out: impl Fn(&Rc<Self>, Incoming) + 'static) -> Rc<Self> {
        let opened = Rc::new_cyclic(|me| Self {
            port,
            seq: Cell::default(),
            heard: RefCell::default(),
            gate: RefCell::default(),
            carry_out: Box::new(carry_out),
            me: me.clone(),
            pending: RefCell::default(),
            listener: RefCell::default(),
        });
        let me = opened.me.clone();
        let listener = EventListener::new(&opened.port, "message", move |event| {
            let message = event.unchecked_ref::<MessageEvent>().data();
            let rows = take_rows(&message);
            // What is no JSON is nothing of ours.
            let text = JSON::stringify(&message).ok().and_then(|text| text.as_string());
            if let (Some(port), Some(text)) = (me.upgrade(), text)
                && let Some(incoming) = Incoming::read(&text)
            {
                port.take(match rows {
                    Some(rows) => incoming.with_rows(&rows),
                    None => incoming,
                });
            }
        });
        opened.listener.replace(Some(listener));
        opened.port.start();
        opened
    }

    /// Tells these events from now on, and no others of those that are told only if they are asked for.
    pub fn listen(&self, events: Vec<String>) {
        self.heard.replace(events);
    }

    /// Whether such an event is asked for.
    pub fn hears(&self, event: &str) -> bool {
        self.heard.borrow().iter().any(|heard| heard == event)
    }

    /// Tells the host of an event.
    pub fn tell(&self, event: Event) {
        let seq = self.seq.replace(self.seq.get() + 1);
        self.post(&EventMessage { seq, event }.text(), None);
    }

    /// Answers a request.
    pub fn answer(&self, id: u64, result: Result<Value, Failure>) {
        self.post(&Answer { id, outcome: result }.text(), None);
    }

    /// Answers a request with more than text.
    pub fn answer_with(&self, id: u64, value: Value, beside: Beside) {
        self.post(&Answer { id, outcome: Ok(value) }.text(), Some(beside));
    }

    fn take(&self, incoming: Incoming) {
        let kind = incoming.request.as_ref().ok().map(discriminant);
        let admission = self.gate.borrow_mut().offer(platform::now_millis(), kind, incoming);
        match admission {
            Admission::Now(incoming) => self.carry_out(incoming),
            Admission::Later(given_up) => {
                if let Some(Incoming { id, .. }) = given_up {
                    let message = "a newer request of the same type came before this one's turn";
                    self.answer(id, Err(Failure::new(ErrorCode::Superseded, message)));
                }
                self.wait();
            }
        }
    }

    /// Goes on with what waits once it may.
    fn wait(&self) {
        let Some(millis) = self.gate.borrow().due_in_millis(platform::now_millis()) else { return };
        let me = self.me.clone();
        let due = move || {
            let Some(port) = me.upgrade() else { return };
            loop {
                let next = port.gate.borrow_mut().next(platform::now_millis());
                let Some(incoming) = next else { break };
                port.carry_out(incoming);
            }
            port.wait();
        };
        // This cancels the one before.
        self.pending.replace(Some(Timeout::new(millis.ceil() as u32, due)));
    }

    fn carry_out(&self, incoming: Incoming) {
        if let Some(me) = self.me.upgrade() {
            (self.carry_out)(&me, incoming);
        }
    }

    fn post(&self, text: &str, beside: Option<Beside>) {
        let Ok(message) = JSON::parse(text) else { return };
        let handed_over = Array::new();
        if let Some(Beside::Buffer(name, value) | Beside::Copy(name, value)) = &beside {
            let ok = Reflect::get(&message, &"ok".into()).unwrap_or_default();
            // Fails only where the answer is an error, which has nothing beside it.
            let _ = Reflect::set(&ok, &(*name).into(), value);
        }
        if let Some(Beside::Buffer(_, buffer)) = beside {
            handed_over.push(&buffer);
        }
        // A host that has gone hears nothing.
        let _ = self.port.post_message_with_transferable(&message, &handed_over);
    }
}

/// Takes the rows of cells out of a message, which travel beside its text; none of a list that is too long.
fn take_rows(message: &JsValue) -> Option<Vec<u8>> {
    let cells = Reflect::get(message, &"cells".into()).ok()?;
    let rows: ArrayBuffer = Reflect::get(&cells, &"rows".into()).ok()?.dyn_into().ok()?;
    // The message is a copy of the host's, which nobody else has.
    let _ = Reflect::delete_property(cells.unchecked_ref::<Object>(), &"rows".into());
    let is_short = rows.byte_length() <= MAX_LIST_BYTES;
    Some(if is_short { Uint8Array::new(&rows).to_vec() } else { Vec::new() })
}
