//! A shader is named after the pass that runs it.

use std::collections::BTreeSet;

/// Complains about each `x.wgsl` in a package that has no `x.rs`.
pub fn check(paths: &[String]) -> Vec<String> {
    let modules: BTreeSet<(&str, &str)> =
        paths.iter().filter_map(|path| Some((package(path)?, stem(path, ".rs")?))).collect();
    paths
        .iter()
        .filter_map(|path| {
            let name = stem(path, ".wgsl")?;
            let pass = (package(path)?, name);
            (!modules.contains(&pass))
                .then(|| format!("{path}: no pass `{name}.rs` (a shader is named after the pass that runs it)"))
        })
        .collect()
}

fn package(path: &str) -> Option<&str> {
    path.split_once('/').map(|(package, _)| package)
}

fn stem<'path>(path: &'path str, extension: &str) -> Option<&'path str> {
    path.strip_suffix(extension)?.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shader_needs_its_pass() {
        let paths = ["r/src/passes/splat.rs", "r/src/shaders/splat.wgsl", "r/src/shaders/blur.wgsl"].map(str::to_owned);
        let found = check(&paths);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("r/src/shaders/blur.wgsl: no pass `blur.rs`"));
    }
}
