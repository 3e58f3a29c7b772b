//! What a build takes that the device may not have, told before it begins.

use explorer_core::format;

/// The most that a worker's memory may become, in bytes.
const MOST_MEMORY_BYTES: f64 = 3.5 * 1024.0 * 1024.0 * 1024.0;

/// What a build takes, or what there is of it, in bytes.
#[derive(Clone, Copy)]
pub struct Resources {
    /// Memory.
    pub memory_bytes: f64,
    /// Storage of the browser's.
    pub space_bytes: f64,
}

/// Why a device may not have what a build takes; `None` where it has. Half of its memory is left to all else.
pub fn lacking(needed: Resources, available: Resources) -> Option<String> {
    let bytes = |value: f64| format::bytes(value.max(0.0) as u64);
    let mut lacking = Vec::new();
    if needed.space_bytes > available.space_bytes {
        let (needed, free) = (bytes(needed.space_bytes), bytes(available.space_bytes));
        lacking.push(format!("about {needed} of storage, of which the browser has {free} for this page"));
    }
    if needed.memory_bytes > MOST_MEMORY_BYTES.min(available.memory_bytes / 2.0) {
        let needed = bytes(needed.memory_bytes);
        lacking.push(format!("about {needed} of memory, which may be more than the browser has"));
    }
    let text = lacking.join(", and ");
    (!text.is_empty())
        .then(|| format!("To open it here takes {text}. The command line needs less, and shows the same:"))
}

/// The command that shows a file by the command line, for a shell to take as it is.
pub fn command(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) && !name.starts_with('-') {
        format!("tile-server serve {name}")
    } else if name.starts_with('-') {
        format!("tile-server serve -- '{}'", name.replace('\'', "'\\''"))
    } else {
        format!("tile-server serve '{}'", name.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named() {
        let gigabytes = |memory: f64, space: f64| Resources { memory_bytes: memory * 1e9, space_bytes: space * 1e9 };
        assert_eq!(lacking(gigabytes(1.0, 1.0), gigabytes(8.0, 2.0)), None);
        let both = lacking(gigabytes(5.0, 3.0), gigabytes(8.0, 2.0)).expect("it takes more");
        assert_eq!(
            both,
            "To open it here takes about 3.0 GB of storage, of which the browser has 2.0 GB for this page, and about \
             5.0 GB of memory, which may be more than the browser has. The command line needs less, and shows the same:"
        );
        // However much memory there is, a worker's addresses end.
        assert!(lacking(gigabytes(4.0, 0.0), gigabytes(64.0, 2.0)).is_some());
    }

    #[test]
    fn a_shell_takes_a_name_as_one_word() {
        assert_eq!(command("pbmc-3k_v1.h5ad"), "tile-server serve pbmc-3k_v1.h5ad");
        assert_eq!(command("Ann's cells.h5ad"), "tile-server serve 'Ann'\\''s cells.h5ad'");
        assert_eq!(command("-x.h5ad"), "tile-server serve -- '-x.h5ad'");
    }
}
