//! A Vulkan driver, so that the renderer's native tests have a GPU to run on.

use std::path::Path;

use super::apt;

const DRIVER_FOLDERS: [&str; 3] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/// Installs Mesa's software driver on a Linux machine that has no Vulkan driver at all. The
/// tests can do without, so a failure is told and not returned.
pub fn ensure() {
    if !cfg!(target_os = "linux") || has_driver() {
        return;
    }
    let installed = if apt::is_here() {
        apt::install(&["libvulkan1", "mesa-vulkan-drivers"], "about 20 s").map_err(|error| format!("{error:#}"))
    } else {
        Err("install your system's package of Mesa's Vulkan drivers".to_owned())
    };
    if let Err(reason) = installed {
        println!("note: without a Vulkan driver the renderer's GPU tests cannot run: {reason}");
    }
}

fn has_driver() -> bool {
    DRIVER_FOLDERS.iter().any(|folder| Path::new(folder).read_dir().is_ok_and(|mut entries| entries.next().is_some()))
}
