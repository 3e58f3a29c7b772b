//! The entry of the worker that validates files of the user's own.
//!
//! It is asked by `{number, file, tables, ignoresLabels, isPreAnalysis}`, where `tables` is the address of the folder of
//! terms and genes, and answers by [`Reply`]s: what it found in metadata as soon as that is known, how far it has read a
//! matrix, and the report, which is that of the command line. `{number, file, mends: true}` asks for what a copy of a file
//! that it has validated under this number has other than the file, once the changes that need no decision are made.

mod reply;
mod tables;

use std::{cell::RefCell, collections::BTreeMap};

use file_slices::{Cached, Changed, SliceReader, Slices};
use h5ad::{Patches, RawFile, Revision, WriteError};
use js_sys::{Object, Reflect};
use schema::reference::Reference;
use schema::{Event, Fix, Options, Report, State, Unwatched, Watch, changes, unopened, validate};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use reply::Reply;
use tables::Fetched;

thread_local! {
    /// Tables that earlier files needed, and the folder that they come from.
    static REFERENCE: RefCell<Option<(String, Reference)>> = const { RefCell::new(None) };
    /// The changes that need no decision, by the number of the file.
    static FIXES: RefCell<BTreeMap<u32, Vec<Fix>>> = const { RefCell::new(BTreeMap::new()) };
}

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(|message: MessageEvent| {
        let asked = message.data();
        let part = |name: &str| Reflect::get(&asked, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Ok(file) = part("file").dyn_into::<File>() else { return };
        let number = part("number").as_f64().unwrap_or_default() as u32;
        if part("mends").is_truthy() {
            return mended(&file, &FIXES.with_borrow(|fixes| fixes.get(&number).cloned().unwrap_or_default()));
        }
        let options = Options {
            compat: false,
            ignore_labels: part("ignoresLabels").is_truthy(),
            pre_analysis: part("isPreAnalysis").is_truthy(),
        };
        let tables = part("tables").as_string().unwrap_or_default();
        REFERENCE.with_borrow_mut(|known| {
            let (folder, reference) = known
                .take()
                .filter(|(folder, _)| *folder == tables)
                .unwrap_or_else(|| (tables.clone(), Reference::new(Fetched::new(tables))));
            answer(number, &file, options, &reference);
            // A table that did not come would count as missing from then on: the next file asks anew.
            *known = reference.missing().is_empty().then_some((folder, reference));
        });
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    // What comes before this program runs would be lost.
    drop(scope.post_message(&Object::new()));
}

/// Why a file cannot be read any more.
const CHANGED: &str = "the file has changed since it was chosen: choose it again";

fn source(file: &File, changed: &Changed) -> Cached<Slices> {
    Cached::new(Slices::new(file.clone().into(), SliceReader::new(changed.clone())))
}

/// Makes changes, and tells what a copy has other than the file.
fn mended(file: &File, fixes: &[Fix]) {
    let (name, changed) = (file.name(), Changed::default());
    let patched = || -> Result<(Patches, Vec<String>), WriteError> {
        let before = RawFile::from_source(source(file, &changed), name.as_str())?;
        let mut changes = changes(&before, &fixes.iter().collect::<Vec<_>>())?;
        changes.leave_inexact(&before, &Unwatched)?;
        let mut revision = Revision::new(source(file, &changed), name.as_str(), Patches::default())?;
        changes.apply(&mut revision, &mut |_| ())?;
        Ok((revision.finish()?, changes.skipped))
    };
    match patched() {
        _ if changed.is_so() => Reply::Failed(CHANGED.to_owned()).post(),
        Ok((patches, left_out)) => Reply::Mended { patches: &patches, n_bytes: file.size() as u64, left_out }.post(),
        Err(error) => Reply::Failed(error.to_string()).post(),
    }
}

/// Validates a file and tells what is found.
fn answer(number: u32, file: &File, options: Options, reference: &Reference) {
    let name = file.name();
    let changed = Changed::default();
    let report = match RawFile::from_source(source(file, &changed), name.as_str()) {
        Err(error) => Some(unopened(&name, &error)),
        Ok(file) => validate(&file, reference, options, &Told { reference }).ok(),
    };
    let missing = reference.missing();
    if changed.is_so() {
        Reply::Failed(CHANGED.to_owned()).post();
    } else if !missing.is_empty() {
        let missing = missing.join(", ");
        let message = format!("the tables {missing} cannot be loaded: see that you are connected, and try again");
        Reply::Failed(message).post();
    } else if let Some(report) = report {
        FIXES.with_borrow_mut(|fixes| fixes.insert(number, report.fixes().into_iter().cloned().collect()));
        Reply::Done { note: report.note(), report: &report }.post();
    }
}

/// Tells the page what happens.
struct Told<'r> {
    reference: &'r Reference,
}

impl Watch for Told<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            // What is found without a table may be wrong.
            Event::Metadata(_) if self.is_stopped() => {}
            Event::Metadata(findings) => {
                // What is known of the file itself comes with the report.
                let report = Report { file: String::new(), state: State::Unknown, findings: findings.to_vec() };
                Reply::Metadata(&report).post();
            }
            Event::Matrix { place, n } => Reply::Matrix { place, n }.post(),
            Event::Read { n } => Reply::Read(n).post(),
        }
    }

    /// Without a table there is no report, so that nothing more is read for it. The page ends the worker itself.
    fn is_stopped(&self) -> bool {
        !self.reference.missing().is_empty()
    }
}
