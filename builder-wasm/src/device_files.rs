//! Files of the browser's own storage for this page (the origin private file system) as output and as scratch space.
//!
//! A build does not wait, and to open such a file is to wait: so all are opened ahead, under numbers for names, and each
//! is taken when it is asked for. Which number has become which file of the dataset is told at the end.

use std::{
    cell::RefCell,
    io::{self, Read, Seek, SeekFrom, Write},
    rc::Rc,
};

use builder::{Output, OutputFile, Scratch, ScratchFile};
use js_sys::{Array, Object, Promise, Reflect};
use send_wrapper::SendWrapper;
use shared_fbs::path::LOOK_MANIFEST;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemSyncAccessHandle,
};

use crate::reply::Reply;

/// Bytes that are written together.
const BUFFER_BYTES: usize = 1 << 20;

/// An open file and the number that it has for a name.
struct Numbered {
    number: usize,
    handle: FileSystemSyncAccessHandle,
}

/// A file that has its name.
struct Published {
    name: String,
    number: usize,
    n_bytes: u64,
}

#[derive(Default)]
struct Files {
    free: RefCell<Vec<Numbered>>,
    published: RefCell<Vec<Published>>,
}

/// The files of a dataset in the making, and those that it needs meanwhile.
pub struct DeviceFiles {
    files: SendWrapper<Rc<Files>>,
    directory: SendWrapper<FileSystemDirectoryHandle>,
}

impl DeviceFiles {
    /// As many empty files in a directory, which nobody else has open.
    ///
    /// # Errors
    /// When the browser refuses one.
    pub async fn open(directory: FileSystemDirectoryHandle, n_files: usize) -> Result<Self, JsValue> {
        let create = FileSystemGetFileOptions::new();
        create.set_create(true);
        let names: Vec<String> = (0..n_files).map(|number| number.to_string()).collect();
        let found = names.iter().map(|name| directory.get_file_handle_with_options(name, &create)).collect::<Array>();
        let found: Array = JsFuture::from(Promise::all(&found)).await?.unchecked_into();
        let opened = found.iter().map(|file| file.unchecked_into::<FileSystemFileHandle>().create_sync_access_handle());
        let opened: Array = JsFuture::from(Promise::all(&opened.collect::<Array>())).await?.unchecked_into();
        let files = Files::default();
        for (number, handle) in opened.iter().enumerate() {
            let handle: FileSystemSyncAccessHandle = handle.unchecked_into();
            handle.truncate_with_u32(0)?;
            files.free.borrow_mut().push(Numbered { number, handle });
        }
        Ok(Self { files: SendWrapper::new(Rc::new(files)), directory: SendWrapper::new(directory) })
    }

    /// Closes and removes what has become no file of the dataset.
    pub async fn close(&self) {
        let free = self.files.free.take();
        for Numbered { number, handle } in free {
            handle.close();
            // One that stays is empty.
            drop(JsFuture::from(self.directory.remove_entry(&number.to_string())).await);
        }
    }

    /// The files of the dataset by name: which file each is, and its length.
    pub fn published(&self) -> Object {
        published(&self.files)
    }

    fn take(&self) -> io::Result<DeviceFile> {
        let file = self.files.free.borrow_mut().pop();
        let file = file.ok_or_else(|| io::Error::other("more files are needed than were opened ahead"))?;
        let (files, file) = (SendWrapper::new(Rc::clone(&self.files)), SendWrapper::new(Some(file)));
        Ok(DeviceFile { files, file, position: 0, buffer: Vec::new() })
    }
}

fn published(files: &Files) -> Object {
    let named = Object::new();
    for Published { name, number, n_bytes } in files.published.borrow().iter() {
        let place = Array::of2(&number.to_string().into(), &(*n_bytes as f64).into());
        // Only frozen objects refuse.
        drop(Reflect::set(&named, &name.into(), &place));
    }
    named
}

impl Output for DeviceFiles {
    fn create(&self, _stem: &str) -> io::Result<Box<dyn OutputFile>> {
        Ok(Box::new(self.take()?))
    }

    fn place(&self) -> String {
        "the dataset to the browser's storage".to_owned()
    }

    fn is_watched(&self) -> bool {
        true
    }
}

impl Scratch for DeviceFiles {
    fn create(&self) -> io::Result<Box<dyn ScratchFile>> {
        Ok(Box::new(self.take()?))
    }
}

/// A file that was taken.
struct DeviceFile {
    files: SendWrapper<Rc<Files>>,
    /// None once it is published.
    file: SendWrapper<Option<Numbered>>,
    /// Where the next byte is read or written, but for those of the buffer.
    position: u64,
    /// What is not written yet.
    buffer: Vec<u8>,
}

impl DeviceFile {
    fn handle(&self) -> &FileSystemSyncAccessHandle {
        &self.file.as_ref().expect("it is open until it is published").handle
    }

    fn options(&self) -> FileSystemReadWriteOptions {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(self.position as f64);
        options
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.handle().write_with_u8_array_and_options(&self.buffer, &self.options());
        let written = written.map_err(|error| refused(&error))?;
        let written = counted(written, self.buffer.len())?;
        if written < self.buffer.len() {
            return Err(no_room());
        }
        self.position += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for DeviceFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.write_buffer()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_buffer()
    }
}

impl Read for DeviceFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.write_buffer()?;
        let read = self.handle().read_with_u8_array_and_options(bytes, &self.options());
        let n_bytes = counted(read.map_err(|error| refused(&error))?, bytes.len())?;
        self.position += n_bytes as u64;
        Ok(n_bytes)
    }
}

impl Seek for DeviceFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.write_buffer()?;
        let (from, by) = match to {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::Current(by) => (self.position, by),
            SeekFrom::End(by) => (self.handle().get_size().map_err(|error| refused(&error))? as u64, by),
        };
        self.position = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl OutputFile for DeviceFile {
    fn publish(mut self: Box<Self>, name: &str) -> io::Result<()> {
        self.write_buffer()?;
        self.handle().flush().map_err(|error| refused(&error))?;
        let Some(Numbered { number, handle }) = Option::take(&mut self.file) else { return Ok(()) };
        // What is open cannot be read by anybody else.
        handle.close();
        let published = Published { name: name.to_owned(), number, n_bytes: self.position };
        self.files.published.borrow_mut().push(published);
        if name == LOOK_MANIFEST {
            Reply::Look { files: self::published(&self.files) }.post();
        }
        Ok(())
    }
}

impl Drop for DeviceFile {
    /// What was not published is empty again, for who takes it next.
    fn drop(&mut self) {
        if let Some(file) = Option::take(&mut self.file) {
            // There is nobody to tell; a file that cannot be emptied fails again where it is written.
            drop(file.handle.truncate_with_u32(0));
            self.files.free.borrow_mut().push(file);
        }
    }
}

/// Bytes that were read or written, of so many. Where the storage fails beneath it, Chrome gives a negative number, or what
/// that is without its sign, and no error.
fn counted(n_bytes: f64, of: usize) -> io::Result<usize> {
    if (0.0..=of as f64).contains(&n_bytes) {
        Ok(n_bytes as usize)
    } else {
        Err(io::Error::other("the browser's storage failed"))
    }
}

fn refused(error: &JsValue) -> io::Error {
    match error.dyn_ref::<DomException>() {
        Some(error) if error.name() == "QuotaExceededError" => no_room(),
        Some(error) => io::Error::other(error.message()),
        None => io::Error::other(format!("{error:?}")),
    }
}

fn no_room() -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, "the browser gives this page no more room")
}
