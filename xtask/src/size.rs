//! The page's size as it travels, and its budgets.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// What a visitor of one kind fetches, and the most that it may weigh at zstd's level 19. A page that outgrows its budget
/// does so by a decision: raise the number in the commit that needs it, and say why.
///
/// A standard library from rustup is not compiled with the page's profile, one that is built with the page is: the
/// limits hold for either.
const BUDGETS: [Budget; 8] = [
    Budget {
        what: "the Explorer with WebGPU",
        files: &[
            "index.html",
            "start.js",
            "style.css",
            "explorer-webgpu.js",
            "explorer-webgpu.wasm",
            "worker.js",
            "worker.wasm",
        ],
        // What is seldom used is a part of its own (`parts!` in `explorer-wasm`), or a program, as plots and subsets have.
        limit_bytes: 1_250_000,
    },
    Budget {
        what: "dialogs and results of the Explorer with WebGPU, loaded when they are asked for or nothing else is to do",
        files: &["explorer-webgpu-*.wasm"],
        limit_bytes: 300_000,
    },
    // Beside the above, JSON of views and requests, and what is done with them.
    Budget {
        what: "the Explorer in a frame, with WebGPU",
        files: &[
            "index.html",
            "start.js",
            "style.css",
            "embedded-webgpu.js",
            "embedded-webgpu.wasm",
            "worker.js",
            "worker.wasm",
        ],
        limit_bytes: 1_445_000,
    },
    // By itself and in a frame.
    Budget {
        what: "the Explorer with WebGL2",
        files: &[
            "index.html",
            "start.js",
            "style.css",
            "explorer-webgl2.js",
            "explorer-webgl2.wasm",
            "worker.js",
            "worker.wasm",
        ],
        limit_bytes: 1_935_000,
    },
    Budget {
        what: "the list of datasets",
        files: &["index.html", "start.js", "style.css", "catalog.js", "catalog.wasm"],
        // It decodes the catalog, keeps bitmaps of every facet and searches words, all without a server.
        limit_bytes: 290_000,
    },
    Budget {
        what: "Gene Expression over a corpus",
        files: &["index.html", "start.js", "style.css", "expression.js", "expression.wasm"],
        limit_bytes: 500_000,
    },
    Budget {
        what: "what opens a file of one's own, beside the Explorer",
        files: &["sw.js", "device.js", "device.wasm", "device.css", "builder.js", "builder.wasm"],
        limit_bytes: 700_000,
    },
    Budget {
        what: "the page that validates files, without tables of terms and genes",
        files: &["validate.html", "validate.js", "validate.css", "validator.js", "validator.wasm"],
        limit_bytes: 400_000,
    },
];

/// What a host page loads before anything of the Explorer, as gzip has it.
const ELEMENT: (&str, u64) = ("embed/v1.js.gz", 6_000);

struct Budget {
    what: &'static str,
    /// Names of files without the hash of their content; `*` stands for anything.
    files: &'static [&'static str],
    limit_bytes: u64,
}

/// Prints the compressed size of each file that has a budget, of all files together that a visitor fetches, and of the
/// element that embeds the page.
///
/// # Errors
/// When one of these is above the budget, or one is missing.
pub fn check(dist: &Path) -> Result<()> {
    let files = weigh(dist)?;
    let mut over = Vec::new();
    for budget in &BUDGETS {
        let mut total = 0;
        for wanted in budget.files {
            let found: Vec<_> = files.iter().filter(|file| is_called(&file.plain_name, wanted)).collect();
            if found.is_empty() {
                bail!("{} holds no {wanted}: build the page first, by `cargo xtask front-end`", dist.display());
            }
            for file in found {
                println!("{:>9} bytes  {}", file.bytes, file.name);
                total += file.bytes;
            }
        }
        println!("{total:>9} bytes of {}, {} allowed\n", budget.what, budget.limit_bytes);
        if total > budget.limit_bytes {
            over.push(budget.what);
        }
    }
    let (element, limit_bytes) = ELEMENT;
    let path = dist.join(element);
    let bytes = fs::metadata(&path).with_context(|| format!("cannot weigh {}", path.display()))?.len();
    println!("{bytes:>9} bytes of {element}, {limit_bytes} allowed\n");
    if bytes > limit_bytes {
        over.push(element);
    }
    if over.is_empty() { Ok(()) } else { bail!("above the budget of xtask/src/size.rs: {}", over.join(", ")) }
}

/// A file of the page.
struct File {
    name: String,
    /// Without the hash of its content.
    plain_name: String,
    /// As it travels.
    bytes: u64,
}

/// The files of the page, each as small as the server has it.
fn weigh(dist: &Path) -> Result<Vec<File>> {
    let entries =
        fs::read_dir(dist).with_context(|| format!("cannot list {}: build the page first", dist.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let compressed = fs::metadata(dist.join(format!("{name}.zst")));
        let bytes = compressed.or_else(|_| entry.metadata())?.len();
        files.push(File { plain_name: plain_name(&name), name, bytes });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Whether a name is one, or begins and ends as one with `*` in it does.
fn is_called(name: &str, wanted: &str) -> bool {
    match wanted.split_once('*') {
        Some((begin, end)) => name.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
        None => name == wanted,
    }
}

/// `worker-0123456789abcdef.js` → `worker.js`
fn plain_name(name: &str) -> String {
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = name.rsplit_once('.').and_then(|(stem, extension)| {
        let (plain, hash) = stem.rsplit_once('-')?;
        is_hash(hash).then(|| format!("{plain}.{extension}"))
    });
    plain.unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(is_called("explorer-webgpu-dialogs.wasm", "explorer-webgpu-*.wasm"));
        assert!(!is_called("explorer-webgpu.wasm", "explorer-webgpu-*.wasm"));
        assert!(!is_called("explorer-webgpu-dialogs.js", "explorer-webgpu-*.wasm"));
        assert!(!is_called("worker.wasm", "worker.js"));
    }

    #[test]
    fn the_hash_of_the_content_is_not_a_part_of_the_plain_name() {
        assert_eq!(plain_name("explorer-webgpu-0123456789abcdef.wasm"), "explorer-webgpu.wasm");
        assert_eq!(plain_name("explorer-webgpu.wasm"), "explorer-webgpu.wasm");
        assert_eq!(plain_name("index.html"), "index.html");
    }
}
