//! Parts of a program that are loaded when they are first needed: cut out of it by `wasm-split-cli`, whose script becomes
//! one with that of the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, Show};

/// What `wasm-split-cli` calls the script that loads parts.
const LOADER: &str = "./__wasm_split.js";

/// A program without its parts, yet to be bound to JavaScript, and what loads them.
pub(super) struct Cut {
    /// The program.
    pub program: PathBuf,
    /// The parts, by what the page calls them.
    pub parts: Vec<(String, PathBuf)>,
    /// The script that loads them.
    loader: String,
}

/// Cuts the parts out of a program that was compiled with what refers to what in it. `folder` is emptied first.
pub(super) fn cut(wasm_split: &Path, compiled: &Path, name: &str, folder: &Path) -> Result<Cut> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut command = Command::new(wasm_split);
    command.args(["--target", "web", "--out-name", name]).arg(compiled).arg(folder);
    process::run_shown(&mut command, Show::Nothing)?;
    let program = folder.join(name).with_extension("wasm");
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path != program && path.extension().is_some_and(|extension| extension == "wasm") {
            let part = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            parts.push((format!("{name}-{}", part.strip_prefix("split_").unwrap_or(&part)), path));
        }
    }
    if parts.is_empty() {
        bail!("{name} has no parts: it was compiled without the feature that makes them");
    }
    parts.sort();
    let loader = fs::read_to_string(folder.join(LOADER)).context("there is no script that loads the parts")?;
    Ok(Cut { program, parts, loader })
}

impl Cut {
    /// The script of the program, as wasm-bindgen wrote it, with what loads the parts in it: each of two scripts would
    /// import the other, and none could be named by its content.
    ///
    /// # Errors
    /// When either script is not what these programs have written so far.
    pub fn joined(&self, name: &str, script: &str) -> Result<String> {
        let of_loader = |line: &&str| line.starts_with("import * as ") && line.contains(LOADER);
        let imported: Vec<&str> = script.lines().filter(of_loader).filter_map(|line| line.split(' ').nth(3)).collect();
        let mut joined: String = script.lines().filter(|line| !of_loader(line)).flat_map(|line| [line, "\n"]).collect();
        let mut exports = Vec::new();
        for line in self.loader.lines() {
            if line.starts_with("import { initSync } from ") {
                continue;
            }
            let line = match line.strip_prefix("export ") {
                Some(rest) => {
                    exports.extend(rest.split_whitespace().nth(1));
                    rest
                }
                None => line,
            };
            joined.extend([line, "\n"]);
        }
        if imported.is_empty() || exports.is_empty() {
            bail!(
                "the scripts of {name} do not refer to each other as wasm-bindgen and wasm-split-cli have written them"
            );
        }
        for import in imported {
            joined.push_str(&format!("const {import} = {{ {} }};\n", exports.join(", ")));
        }
        for (part, path) in &self.parts {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            joined = joined.replace(&format!("\"./{file}\""), &format!("\"./bundles/{part}.wasm\""));
        }
        Ok(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_scripts_become_one_that_imports_neither() {
        let cut = Cut {
            program: "explorer.wasm".into(),
            parts: vec![("explorer-results".to_owned(), "x/split_results.wasm".into())],
            loader: "import { initSync } from \"./explorer.js\";\nexport const __load_results = load(new URL(\"./split_results.wasm\", x));\n".to_owned(),
        };
        let script = "import * as import1 from \"./__wasm_split.js\"\nimport * as other from \"./other.js\"\nfunction initSync() {}\n";
        assert_eq!(
            cut.joined("explorer", script).expect("both are as they are written"),
            "import * as other from \"./other.js\"\nfunction initSync() {}\nconst __load_results = load(new URL(\"./bundles/explorer-results.wasm\", x));\nconst import1 = { __load_results };\n"
        );
        let error = cut.joined("explorer", "function initSync() {}\n").expect_err("it imports nothing");
        assert!(error.to_string().contains("the scripts of explorer"), "{error}");
    }
}
