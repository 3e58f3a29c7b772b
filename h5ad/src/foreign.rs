//! What a file is that is not AnnData, and the way out.

use super::codec;
use super::error::H5adError;
use super::source::SharedSource;
use super::store::Store;

/// Says what a file without the signature of HDF5 seems to be.
pub(super) fn not_hdf5(source: &SharedSource) -> String {
    const HEAD_BYTES: u64 = 512;
    let head = source.read(0, source.size().min(HEAD_BYTES) as usize).unwrap_or_default();
    let r = "it looks like an R file (.rds, .RData); write AnnData from R with `anndataR::write_h5ad(…)` or \
             `zellkonverter::writeH5AD(…)`";
    let hint = match head.as_slice() {
        [] => "it is empty",
        [0x1f, 0x8b, ..] => {
            let inner = codec::gzip_head(&head);
            if is_r(&inner) { r } else { "it is still compressed: unpack it first, with `gunzip`" }
        }
        [b'B', b'Z', b'h', ..] | [0xfd, b'7', b'z', b'X', b'Z', ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            "it is still compressed: unpack it first"
        }
        head if is_r(head) => r,
        head if head.starts_with(b"%%MatrixMarket") => {
            "it is a text matrix; convert its folder with `scanpy.read_10x_mtx(…).write_h5ad(…)`"
        }
        head if head.trim_ascii_start().starts_with(b"<") => "it is a web page that was saved in its place",
        [b'P', b'K', 5, 6, rest @ ..] if rest.len() >= 18 => "it is a ZIP file with nothing in it",
        _ => "an .h5ad file is HDF5: it may be cut short, or a web page saved in its place",
    };
    hint.to_owned()
}

/// Whether R wrote this.
fn is_r(head: &[u8]) -> bool {
    ["X\n\0\0", "A\n2\n", "A\n3\n", "RDX", "RDA"].iter().any(|start| head.starts_with(start.as_bytes()))
}

/// Says what a file without `missing` seems to be.
pub(super) fn not_anndata(store: &Store, missing: &str) -> Result<String, H5adError> {
    let root = store.members("")?;
    let has = |name: &str| root.contains(name);
    Ok(if has("row_attrs") && has("col_attrs") {
        "it looks like a loom file; convert it with `anndata.io.read_loom(…).write_h5ad(…)`".to_owned()
    } else if has("cell.names") || has("assays") && has("reductions") {
        "it looks like a Seurat object (.h5Seurat); write AnnData from R with `anndataR::write_h5ad(…)` or \
         `SeuratDisk::Convert(…, dest = \"h5ad\")`"
            .to_owned()
    } else if has("matrix") {
        "it looks like a 10x Genomics file, but not all parts of its matrix are there; write it anew with Cell Ranger, \
         or convert what it has with scanpy"
            .to_owned()
    } else {
        let names: Vec<_> = root.names().map(String::as_str).collect();
        format!(
            "it has no `{missing}`, only: {}",
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        )
    })
}
