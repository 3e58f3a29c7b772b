//! Short names for what a program asks of the browser, and nothing in it that the browser does not read.
//!
//! wasm-bindgen calls every such function by a name with a hash, `__wbg_click_c6eff13daacf9806`, in the program and once
//! more in its script. Hashes do not compress: hundreds of them are 20 kB of an Explorer.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};

use super::script::short_name;

/// What a module begins with: its magic number and the version of the format.
const HEADER: usize = 8;

const CUSTOM_SECTION: u8 = 0;
const IMPORT_SECTION: u8 = 2;
const FUNCTION: u8 = 0;

/// What the program calls its script.
const MODULE: &str = "a";

/// A program and its script with short names for what the one asks of the other, the program without custom sections, the
/// script without comments and indentation. `name` is what wasm-bindgen was told to call both.
///
/// # Errors
/// When the program is no module of WebAssembly, or asks for something that is no function.
pub fn shortened(name: &str, program: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let module = format!("./{name}_bg.js");
    let mut names = HashMap::new();
    let program = with_imports(program, |from, function| {
        if from != module {
            return (from.to_owned(), function.to_owned());
        }
        let n_names = names.len();
        let short = names.entry(function.to_owned()).or_insert_with(|| short_name(n_names));
        (MODULE.to_owned(), short.clone())
    })
    .with_context(|| format!("cannot shorten the names in {name}.wasm"))?;
    let script = script.replace(&format!("\"{module}\""), &format!("\"{MODULE}\""));
    Ok((program, with_words(&without_comments(&script), &names)))
}

/// A script without indentation, blank lines and lines of comments; wasm-bindgen writes no text of several lines.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !["//", "/*", "*"].iter().any(|mark| line.starts_with(mark)));
    code.flat_map(|line| [line, "\n"]).collect()
}

/// A script with other words in place of some.
fn with_words(script: &str, names: &HashMap<String, String>) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (found, after) = rest.split_at(word);
        text.push_str(names.get(found).map_or(found, String::as_str));
        let between = after.find(is_of_word).unwrap_or(after.len());
        text.push_str(&after[..between]);
        rest = &after[between..];
    }
    text
}

/// A module without what only tools read: names, relocations, features.
///
/// # Errors
/// When it is no module.
pub fn without_custom_sections(program: &[u8]) -> Result<Vec<u8>> {
    rewritten(program, |_, content| Ok(content.0.to_vec()))
}

/// A module with other names for the modules and the functions that it imports, without custom sections.
fn with_imports(program: &[u8], mut rename: impl FnMut(&str, &str) -> (String, String)) -> Result<Vec<u8>> {
    rewritten(program, |section, mut content| {
        let mut renamed = Vec::new();
        if section == IMPORT_SECTION {
            let n_imports = content.number()?;
            push_number(&mut renamed, n_imports);
            for _ in 0..n_imports {
                let (module, function) = rename(content.text()?, content.text()?);
                for name in [module, function] {
                    push_number(&mut renamed, name.len());
                    renamed.extend(name.as_bytes());
                }
                if content.take(1)? != [FUNCTION] {
                    bail!("it imports something that is no function");
                }
                renamed.push(FUNCTION);
                push_number(&mut renamed, content.number()?);
            }
        }
        renamed.extend(content.0);
        Ok(renamed)
    })
}

/// A module with other content in its sections, without custom ones.
fn rewritten(program: &[u8], mut rewrite: impl FnMut(u8, Bytes<'_>) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut written = program.get(..HEADER).context("it ends within its header")?.to_vec();
    let mut rest = Bytes(&program[HEADER..]);
    while let [section, ..] = *rest.0 {
        rest.0 = &rest.0[1..];
        let n_bytes = rest.number()?;
        let content = Bytes(rest.take(n_bytes)?);
        if section != CUSTOM_SECTION {
            let content = rewrite(section, content)?;
            written.push(section);
            push_number(&mut written, content.len());
            written.extend(content);
        }
    }
    Ok(written)
}

/// What is left of a module.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n_bytes: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n_bytes).context("it ends too soon")?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a str> {
        let n_bytes = self.number()?;
        Ok(str::from_utf8(self.take(n_bytes)?)?)
    }

    /// Seven bits in each byte, the lowest first; another follows where the eighth is set.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = usize::from(self.take(1)?[0]);
            number |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("it has a number of more bits than there can be")
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE_SECTION: u8 = 1;
    const GLOBAL: u8 = 3;

    /// A module of two sections, whose imports are of this kind.
    fn module(imports: &[(&str, &str)], kind: u8) -> Vec<u8> {
        let mut section = Vec::new();
        push_number(&mut section, imports.len());
        for (at, (module, name)) in imports.iter().enumerate() {
            for text in [module, name] {
                push_number(&mut section, text.len());
                section.extend(text.as_bytes());
            }
            section.push(kind);
            push_number(&mut section, 100 * at);
        }
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        bytes.extend([TYPE_SECTION, 3, 7, 8, 9, IMPORT_SECTION]);
        push_number(&mut bytes, section.len());
        bytes.extend(section);
        bytes
    }

    #[test]
    fn a_program_and_its_script_agree_on_short_names() {
        let long = "__wbg_click_c6eff13daacf9806";
        let other = format!("__wbg_{}", "long".repeat(40));
        let program = module(&[("./page_bg.js", long), ("./page_bg.js", &other), ("./else.js", "kept")], FUNCTION);
        let script = format!(
            "\"./page_bg.js\": import0,\n    /**\n     * What.\n     */\n    {long}: function(arg0) {{\n        $click_{long}();\n    }},\n{other}: 1"
        );
        let (program, script) = shortened("page", &program, &script).expect("it is a module");
        assert_eq!(program, module(&[("a", "a"), ("a", "b"), ("./else.js", "kept")], FUNCTION));
        assert_eq!(script, format!("\"a\": import0,\na: function(arg0) {{\n$click_{long}();\n}},\nb: 1\n"));
    }

    #[test]
    fn what_only_tools_read_is_left_out() {
        let plain = module(&[("a", "b")], FUNCTION);
        let mut named = plain.clone();
        named.extend([CUSTOM_SECTION, 5, 4, b'n', b'a', b'm', b'e']);
        assert_eq!(without_custom_sections(&named).expect("it is a module"), plain);
        assert!(without_custom_sections(&named[..named.len() - 1]).is_err());
    }

    #[test]
    fn what_is_no_module_of_functions_is_told() {
        let whole = module(&[("a", "b")], FUNCTION);
        for end in HEADER + 1..whole.len() {
            assert_eq!(with_imports(&whole[..end], |a, b| (a.into(), b.into())).is_ok(), end == HEADER + 5, "{end}");
        }
        let error = shortened("page", &module(&[("a", "b")], GLOBAL), "").expect_err("a global is no function");
        assert!(format!("{error:#}").contains("page.wasm: it imports something that is no function"), "{error:#}");
    }
}
