//! Memory of processes, as Linux tells it; nothing is known elsewhere.

use std::{collections::HashMap, fs, process};

/// A process that this one started, or that such a one did.
struct Descendant {
    id: u32,
    command_line: String,
}

/// Bytes of the largest page's process that the browser holds.
pub fn of_page() -> Option<f64> {
    share_of("--type=renderer")
}

/// Bytes of the browser's graphics process, where a software adapter keeps its buffers.
pub fn of_graphics() -> Option<f64> {
    share_of("--type=gpu-process")
}

/// Bytes of the whole browser that runs by this program's hand: its pages, their workers, graphics and all else.
pub fn of_browser() -> Option<f64> {
    let shares = descendants().into_iter().filter(|process| process.command_line.contains("chrom"));
    shares.filter_map(|process| share(&process)).reduce(|a, b| a + b)
}

/// The most bytes that a process has held so far.
pub fn peak_of(id: u32) -> Option<f64> {
    field(&fs::read_to_string(format!("/proc/{id}/status")).ok()?, "VmHWM:")
}

/// A process below this one, by the beginning of its program's name.
pub fn find(program: &str) -> Option<u32> {
    let is_program = |process: &&Descendant| {
        let path = process.command_line.split('\0').next().unwrap_or_default();
        path.rsplit('/').next().is_some_and(|name| name.starts_with(program))
    };
    descendants().iter().find(is_program).map(|process| process.id)
}

/// The largest proportional share of memory of a process with that argument.
fn share_of(argument: &str) -> Option<f64> {
    let of_kind = descendants().into_iter().filter(|process| process.command_line.contains(argument));
    of_kind.filter_map(|process| share(&process)).max_by(f64::total_cmp)
}

/// A process's proportional share of memory, in bytes.
fn share(process: &Descendant) -> Option<f64> {
    field(&fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id)).ok()?, "Pss:")
}

fn descendants() -> Vec<Descendant> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: HashMap<u32, u32> = ids
        .filter_map(|id| Some((id, field_number(&fs::read_to_string(format!("/proc/{id}/status")).ok()?, "PPid:")?)))
        .collect();
    let is_below = |&id: &u32| {
        let mut above = parents.get(&id).copied();
        while let Some(parent) = above {
            if parent == process::id() {
                return true;
            }
            above = parents.get(&parent).copied();
        }
        false
    };
    let describe = |id: u32| {
        let command_line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        Descendant { id, command_line: String::from_utf8_lossy(&command_line).into_owned() }
    };
    parents.keys().copied().filter(is_below).map(describe).collect()
}

/// A line of so many kB, in bytes.
fn field(text: &str, name: &str) -> Option<f64> {
    Some(f64::from(field_number(text, name)?) * 1024.0)
}

fn field_number(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn fields_as_linux_writes_them() {
        let text = "Name:\tbench\nPPid:\t77\nVmHWM:\t    2048 kB\n";
        assert_eq!(field(text, "VmHWM:"), Some(2_097_152.0));
        assert_eq!(field_number(text, "PPid:"), Some(77));
        assert_eq!(field(text, "Pss:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_is_found_by_its_name() {
        let mut child = process::Command::new("sleep").arg("60").spawn().expect("there is a program `sleep`");
        // Linux lets the parent go on a moment before it writes the command line of the child.
        let deadline = Instant::now() + Duration::from_secs(60);
        while find("sleep").is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(find("sleep"), Some(child.id()));
        assert!(peak_of(child.id()).is_some_and(|n_bytes| n_bytes > 0.0));
        child.kill().expect("it runs");
        child.wait().expect("it was ended");
    }
}
