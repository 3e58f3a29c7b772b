//! The page's folder: files named by their content, style sheets made one, all of it compressed once for every server.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Page;
use super::bundles::Bundles;
use super::imports;
use super::script::shortened;
use crate::hash;
use crate::workspace::Workspace;

/// As well as zstd compresses; a browser can still decompress it, since the window stays within 8 MiB.
const ZSTD_LEVEL: i32 = 19;

/// Below this size the header of a compressed answer costs more than it saves.
const WORTH_COMPRESSING_BYTES: usize = 1024;

const COMPRESSIBLE: [&str; 5] = ["css", "html", "js", "svg", "wasm"];

/// Writes the page's folder anew, as a whole: a server that reads from it never finds half a page.
pub(super) fn lay_out(workspace: &Workspace, page: Page, bundles: &Bundles, folder: &Path) -> Result<()> {
    let www = workspace.path("www");
    let mut site = Site { folder: folder.with_extension("new"), names: Vec::new() };
    if site.folder.exists() {
        fs::remove_dir_all(&site.folder)?;
    }
    copy_folder(&www.join("fonts"), &site.folder.join("fonts"))?;
    copy_folder(&bundles.folder.join("snippets"), &site.folder.join("snippets"))?;
    copy_folder(&workspace.path("schema/reference"), &site.folder.join("reference"))?;
    // Before the scripts that refer to them.
    for (part, path) in &bundles.parts {
        site.add_named(&format!("bundles/{part}.wasm"), &imports::without_custom_sections(&read(path)?)?)?;
    }
    for name in &bundles.names {
        let program = read(&bundles.folder.join(format!("{name}_bg.wasm")))?;
        let script = read_text(&bundles.folder.join(format!("{name}.js")))?;
        let (program, script) = match page {
            Page::Quick => (program, script),
            Page::Release => imports::shortened(name, &program, &script)?,
        };
        site.add_named(&format!("bundles/{name}.wasm"), &program)?;
        let script = site.refer(&script)?;
        site.add_named(&format!("bundles/{name}.js"), script.as_bytes())?;
    }
    if page == Page::Quick {
        // One Explorer draws with whatever there is.
        for name in ["explorer-webgpu", "embedded-webgpu", "explorer-webgl2"] {
            for extension in ["wasm", "js"] {
                let both = site.name_of(&format!("bundles/explorer.{extension}"))?.to_owned();
                site.names.push((format!("bundles/{name}.{extension}"), both));
            }
        }
    }
    site.add_named("icon.svg", &read(&www.join("icon.svg"))?)?;
    site.add_named("style.css", join_styles(&www.join("style/index.css"))?.as_bytes())?;
    site.add_named("device.css", without_comments(&read_text(&www.join("device.css"))?).as_bytes())?;
    site.add_named("validate.css", join_styles(&www.join("style/validate.css"))?.as_bytes())?;
    for name in ["builder.js", "device.js", "validator.js", "validate.js"] {
        let script = site.refer(&read_text(&www.join(name))?)?;
        site.add_named(name, script.as_bytes())?;
    }
    let start = site.refer(&read_text(&www.join("start.js"))?)?;
    site.add_named("start.js", start.as_bytes())?;
    // These keep their names: the page and its visitors know them.
    for name in ["worker.js", "subset.js", "plots.js", "sw.js", "app.webmanifest", "index.html", "validate.html"] {
        let text = site.refer(&read_text(&www.join(name))?)?;
        fs::write(site.folder.join(name), text)?;
    }
    lay_out_embed(&www.join("embed"), &site.folder.join("embed"))?;
    if page == Page::Release {
        compress_all(&site.folder)?;
        compress_all(&site.folder.join("embed"))?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&site.folder, folder).with_context(|| format!("cannot write {}", folder.display()))
}

/// Lays out what other sites embed the page by: the same under a name that moves and under one of this version alone.
fn lay_out_embed(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for (extension, source) in [("js", "embed.js"), ("d.ts", "embed.d.ts"), ("schema.json", "embed.schema.json")] {
        let text = read_text(&from.join(source))?;
        let text = if extension == "js" { shortened(&text) } else { text };
        for stem in ["v1", env!("CARGO_PKG_VERSION")] {
            fs::write(to.join(format!("{stem}.{extension}")), &text)?;
        }
    }
    Ok(())
}

/// A page's folder that is being written.
struct Site {
    folder: std::path::PathBuf,
    /// What sources call a file, and its name.
    names: Vec<(String, String)>,
}

impl Site {
    /// Writes a file under a name that tells its content, so that it may be cached permanently.
    fn add_named(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = path.rsplit('/').next().unwrap_or(path);
        let (stem, extension) = file.rsplit_once('.').with_context(|| format!("{file} has no extension"))?;
        let name = format!("{stem}-{}.{extension}", hash::bytes(bytes));
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join(&name), bytes).with_context(|| format!("cannot write {name}"))?;
        self.names.push((path.to_owned(), name));
        Ok(())
    }

    fn name_of(&self, path: &str) -> Result<&str> {
        let found = self.names.iter().find(|(of, _)| of == path);
        found.map(|(_, name)| name.as_str()).with_context(|| format!("the page has no {path}"))
    }

    /// A source with the names that files got in place of those it calls them by, which stand in quotes.
    fn refer(&self, source: &str) -> Result<String> {
        let mut text = source.to_owned();
        for (path, name) in &self.names {
            text = text.replace(&format!("\"{path}\""), &format!("\"{name}\""));
            text = text.replace(&format!("\"./{path}\""), &format!("\"./{name}\""));
        }
        match text.split('"').find(|quoted| quoted.contains("bundles/")) {
            Some(unknown) => bail!("the page has no {unknown}"),
            None => Ok(text),
        }
    }
}

/// A style sheet of imports with every sheet that it imports in the import's place, without comments.
fn join_styles(index: &Path) -> Result<String> {
    let mut joined = String::new();
    for line in read_text(index)?.lines() {
        match line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";")) {
            Some(name) => joined.push_str(&without_comments(&read_text(&index.with_file_name(name))?)),
            None if line.is_empty() || line.starts_with("/*") => {}
            None => bail!("{} holds more than imports: {line}", index.display()),
        }
    }
    Ok(joined)
}

/// A style sheet without its comments, blank lines and indentation. No string of ours holds `/*`.
fn without_comments(css: &str) -> String {
    let mut rest = css;
    let mut text = String::with_capacity(css.len());
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

/// Lays `{file}.zst` and `{file}.gz` beside every file that is the smaller for it.
fn compress_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_compressible = path
            .extension()
            .is_some_and(|extension| COMPRESSIBLE.iter().any(|compressible| extension == *compressible));
        if !is_compressible {
            continue;
        }
        let bytes = read(&path)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&bytes)?;
        for (suffix, compressed) in [("zst", zstd::bulk::compress(&bytes, ZSTD_LEVEL)?), ("gz", gzip.finish()?)] {
            if bytes.len() >= WORTH_COMPRESSING_BYTES && compressed.len() < bytes.len() {
                let mut name = path.clone().into_os_string();
                name.push(format!(".{suffix}"));
                fs::write(name, compressed)?;
            }
        }
    }
    Ok(())
}

/// Copies a folder with all that is in it, where there is one.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let names = [("style.css", "style-1.css"), ("bundles/worker.js", "worker-2.js")];
        Site { folder: "x".into(), names: names.map(|(path, name)| (path.to_owned(), name.to_owned())).to_vec() }
    }

    #[test]
    fn sources_refer_to_files_by_the_names_they_got() {
        let html = "<link href=\"style.css\"> import \"./bundles/worker.js\"; style.css";
        assert_eq!(site().refer(html).unwrap(), "<link href=\"style-1.css\"> import \"./worker-2.js\"; style.css");
    }

    #[test]
    fn a_bundle_that_was_not_built_is_named() {
        let error = site().refer("import \"./bundles/explorer.js\"").expect_err("there is no such bundle");
        assert!(error.to_string().contains("./bundles/explorer.js"), "{error}");
    }

    #[test]
    fn style_sheets_lose_their_comments_alone() {
        assert_eq!(without_comments("/* a\n b */\na {\n  b: c; /* d */\n}\n\n"), "a {\nb: c;\n}\n");
    }

    #[test]
    fn the_package_for_npm_is_of_this_version_and_whole() {
        let folder = Workspace::find().expect("cargo runs this test").path("www/embed");
        let package: serde_json::Value =
            serde_json::from_str(&read_text(&folder.join("package.json")).expect("it is there")).expect("it is JSON");
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
        let files = package["files"].as_array().expect("it lists its files");
        for file in files {
            let name = file.as_str().expect("names are texts");
            assert!(folder.join(name).is_file(), "there is no {name}");
        }
        for entry in ["main", "types"] {
            assert!(
                files.contains(&package[entry].as_str().unwrap_or_default().trim_start_matches("./").into()),
                "{entry}"
            );
        }
    }

    #[test]
    fn the_page_refers_to_files_that_it_has() {
        let workspace = Workspace::find().expect("cargo runs this test");
        let scratch = std::env::temp_dir().join(format!("tessera-site-{}", std::process::id()));
        let bundles = Bundles {
            folder: scratch.join("bundles"),
            names: vec![
                "builder",
                "device",
                "explorer",
                "catalog",
                "expression",
                "worker",
                "subset",
                "plots",
                "validator",
            ],
            parts: vec![("explorer-results".to_owned(), scratch.join("results.wasm"))],
        };
        fs::create_dir_all(&bundles.folder).expect("there is room for a few small files");
        fs::write(scratch.join("results.wasm"), b"\0asm\x01\0\0\0").expect("there is room for a few small files");
        for name in &bundles.names {
            for file in [format!("{name}.js"), format!("{name}_bg.wasm")] {
                fs::write(bundles.folder.join(&file), format!("// {file}\n").repeat(200))
                    .expect("there is room for a few small files");
            }
        }
        fs::write(bundles.folder.join("explorer.js"), "fetch(\"./bundles/explorer-results.wasm\");\n")
            .expect("there is room for a few small files");
        let folder = scratch.join("page");
        lay_out(&workspace, Page::Quick, &bundles, &folder).expect("the sources are there");
        lay_out(&workspace, Page::Quick, &bundles, &folder).expect("a page that is there is replaced");
        compress_all(&folder).expect("there is room for a few small files");
        let mut n_referred = 0;
        for source in fs::read_dir(&folder).expect("the page was written").flatten() {
            let text = fs::read_to_string(source.path()).unwrap_or_default();
            for quoted in text.split('"').map(|quoted| quoted.trim_start_matches("./")) {
                let is_file = [".js", ".css", ".wasm", ".svg", ".woff2"].iter().any(|end| quoted.ends_with(end));
                if is_file && !quoted.contains(char::is_whitespace) {
                    n_referred += 1;
                    assert!(folder.join(quoted).is_file(), "{:?} refers to {quoted}", source.file_name());
                }
            }
        }
        assert!(n_referred > 10, "{n_referred} files are referred to");
        assert!(folder.join("index.html").is_file());
        fs::remove_dir_all(&scratch).expect("it was made here");
    }
}
