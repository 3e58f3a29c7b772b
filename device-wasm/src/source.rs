//! What a dataset is built from.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle, FileSystemHandleKind};

use crate::js::{self, object};

/// Bytes at either end of a file that tell it from others, beside its length and when it was changed: labels that are
/// corrected leave a file as long as it was, and its ends as they were.
const END_BYTES: f64 = 65_536.0;

/// Pieces between the ends, or files of a folder, that are looked at as well, and bytes of each: archives give all that
/// they hold one date.
const N_SAMPLES: u32 = 256;
const SAMPLE_BYTES: f64 = 1024.0;

/// Bytes of a hash that are a key.
const KEY_BYTES: u32 = 8;

/// A file, a folder, or a file of a host.
pub enum Source {
    /// A file.
    File {
        /// The file.
        file: File,
    },
    /// A folder, as a Zarr store and a dataset that was built are.
    Folder {
        /// The folder's name.
        name: String,
        /// Its files by their paths in it.
        files: Vec<(String, File)>,
    },
    /// A file of a host.
    Remote {
        /// The file's name.
        name: String,
        /// Its address.
        address: String,
        /// Its length in bytes.
        n_bytes: f64,
        /// What the host tells its versions by; may be empty.
        tag: String,
    },
}

impl Source {
    /// What a handle leads to.
    pub async fn from_handle(handle: &FileSystemHandle) -> Result<Self, JsValue> {
        if handle.kind() != FileSystemHandleKind::Directory {
            return Ok(Self::File { file: file_of(handle).await? });
        }
        let mut files = Vec::new();
        files_below(handle.unchecked_ref(), "", &mut files).await?;
        Ok(Self::Folder { name: handle.name(), files })
    }

    /// What [`Self::to_js`] gave.
    pub fn from_js(value: &JsValue) -> Option<Self> {
        if let Ok(file) = js::get(value, "file").dyn_into() {
            return Some(Self::File { file });
        }
        let name = js::text(value, "name")?;
        if let Ok(pairs) = js::get(value, "files").dyn_into::<Array>() {
            let pairs = pairs.iter().map(JsCast::unchecked_into::<Array>);
            let files = pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).dyn_into().ok()?)));
            return Some(Self::Folder { name, files: files.collect() });
        }
        let (address, n_bytes) = (js::text(value, "address")?, js::get(value, "nBytes").as_f64()?);
        Some(Self::Remote { name, address, n_bytes, tag: js::text(value, "tag").unwrap_or_default() })
    }

    /// As it is sent to workers and kept.
    pub fn to_js(&self) -> JsValue {
        let source = match self {
            Self::File { file } => object(&[("file", file.into())]),
            Self::Folder { name, files } => {
                let pairs = files.iter().map(|(path, file)| Array::of2(&path.into(), file));
                object(&[("name", name.into()), ("files", pairs.collect::<Array>().into())])
            }
            Self::Remote { name, address, n_bytes, tag } => object(&[
                ("name", name.into()),
                ("address", address.into()),
                ("nBytes", (*n_bytes).into()),
                ("tag", tag.into()),
            ]),
        };
        source.into()
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File { file } => file.name(),
            Self::Folder { name, .. } | Self::Remote { name, .. } => name.clone(),
        }
    }

    /// The key of its dataset.
    pub async fn key(&self) -> Result<String, JsValue> {
        let marks = Blob::new_with_blob_sequence(&self.marks()?.into())?;
        let bytes = Uint8Array::new(&JsFuture::from(marks.array_buffer()).await?).to_vec();
        let subtle = gloo_utils::window().crypto()?.subtle();
        let hash = JsFuture::from(subtle.digest_with_str_and_u8_array("SHA-256", &bytes)?).await?;
        let hash = Uint8Array::new(&hash).subarray(0, KEY_BYTES).to_vec();
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What tells it from others, as parts of a blob.
    fn marks(&self) -> Result<Array, JsValue> {
        Ok(match self {
            Self::File { file } => {
                let size = file.size();
                let first = file.slice_with_f64_and_f64(0.0, END_BYTES)?;
                let last = file.slice_with_f64((size - END_BYTES).max(0.0))?;
                let marks = Array::of3(&format!("{size} {} ", file.last_modified()).into(), &first, &last);
                for sample in 1..N_SAMPLES {
                    let at = (size * f64::from(sample) / f64::from(N_SAMPLES)).floor();
                    marks.push(&file.slice_with_f64_and_f64(at, at + SAMPLE_BYTES)?.into());
                }
                marks
            }
            Self::Folder { files, .. } => {
                let mark = |(path, file): &(String, File)| format!("{path} {} {}\n", file.size(), file.last_modified());
                let mut files: Vec<_> = files.iter().collect();
                files.sort_unstable_by_key(|(path, _)| path);
                let marks: Array = files.iter().copied().map(mark).map(JsValue::from).collect();
                for (_, file) in files.iter().step_by(files.len().div_ceil(N_SAMPLES as usize).max(1)) {
                    marks.push(&file.slice_with_f64_and_f64(0.0, SAMPLE_BYTES)?.into());
                }
                marks
            }
            Self::Remote { address, n_bytes, tag, .. } => Array::of1(&format!("{address} {n_bytes} {tag}").into()),
        })
    }
}

/// The files of a directory and of all below it, by their paths.
async fn files_below(
    directory: &FileSystemDirectoryHandle,
    path: &str,
    files: &mut Vec<(String, File)>,
) -> Result<(), JsValue> {
    for (name, handle) in js::entries(directory).await? {
        if handle.kind() == FileSystemHandleKind::Directory {
            Box::pin(files_below(handle.unchecked_ref(), &format!("{path}{name}/"), files)).await?;
        } else {
            files.push((format!("{path}{name}"), file_of(&handle).await?));
        }
    }
    Ok(())
}

async fn file_of(handle: &FileSystemHandle) -> Result<File, JsValue> {
    let handle: &FileSystemFileHandle = handle.unchecked_ref();
    Ok(JsFuture::from(handle.get_file()).await?.unchecked_into())
}
