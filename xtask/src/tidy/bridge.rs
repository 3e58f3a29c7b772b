//! Only the bridge knows both the data and the renderer.

use super::SourceFile;

/// Complains about a file of the page that uses both crates and is not the bridge.
pub fn check(file: &SourceFile) -> Option<String> {
    let in_page = file.path.starts_with("explorer-wasm/src/");
    let is_bridge = file.path == "explorer-wasm/src/bridge.rs" || file.path.starts_with("explorer-wasm/src/bridge/");
    if !in_page || is_bridge || !uses(file, "explorer_core") || !uses(file, "explorer_render") {
        return None;
    }
    Some(format!("{}: uses explorer_core and explorer_render (only bridge.rs may know both)", file.path))
}

fn uses(file: &SourceFile, krate: &str) -> bool {
    let path = format!("{krate}::");
    file.text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| line.contains(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> SourceFile {
        let text = "use explorer_core::Mask;\nuse explorer_render::Frame;\n".to_owned();
        SourceFile { path: path.into(), text }
    }

    #[test]
    fn only_the_bridge_uses_both() {
        assert!(check(&file("explorer-wasm/src/panel.rs")).is_some());
        assert!(check(&file("explorer-wasm/src/bridge.rs")).is_none());
        assert!(check(&file("explorer-wasm/src/bridge/colors.rs")).is_none());
    }

    #[test]
    fn a_mention_in_a_comment_is_no_use() {
        let text = "//! See explorer_render::Frame.\nuse explorer_core::Mask;\n".to_owned();
        assert!(check(&SourceFile { path: "explorer-wasm/src/a.rs".into(), text }).is_none());
    }
}
