//! Everything that a reader of AnnData asks of a file.

use h5ad::H5ad;

/// Reads all there is in a file of these bytes, whatever becomes of it. Damage may not show, or give an error; nothing
/// may do worse. Returns whether all of it was read.
pub fn read_all(bytes: Vec<u8>) -> bool {
    let Ok(file) = H5ad::from_bytes(bytes, "damaged") else { return false };
    let mut whole = file.obs().is_ok() & file.var().is_ok() & file.raw_var().is_ok();
    for info in file.obsm() {
        whole &= file.read_obsm(&info.key, 0..usize::MAX).is_ok();
    }
    for library in &file.uns().spatial {
        for image in &library.images {
            whole &= file.read_image(image).is_ok();
        }
    }
    for info in file.matrices() {
        let Ok(matrix) = file.matrix(&info.location) else {
            whole = false;
            continue;
        };
        for range in matrix.slabs(10_000) {
            whole &= matrix.read(range).is_ok();
        }
    }
    whole
}
