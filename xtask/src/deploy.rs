//! Whether the examples in `deploy/` are what nginx and systemd take, as far as these are installed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{capture, which};
use crate::workspace::Workspace;

/// Addresses that the example listens on, and others that anybody may.
const LISTENED: [(&str, &str); 4] = [
    ("listen 443 ", "listen 127.0.0.1:42443 "),
    ("listen [::]:443 ", "listen 127.0.0.2:42443 "),
    ("listen 80;", "listen 127.0.0.1:42080;"),
    ("listen [::]:80;", "listen 127.0.0.2:42080;"),
];

/// Has each example read by its program. One that is not installed is named.
pub fn check(workspace: &Workspace) -> Result<()> {
    let scratch = workspace.target_dir().join("deploy-check");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    if are_here(&["nginx", "openssl"], "deploy/nginx.conf") {
        check_nginx(workspace, &scratch)?;
    }
    if are_here(&["systemd-analyze"], "deploy/tile-server.service") {
        check_systemd(workspace, &scratch)?;
    }
    if are_here(&["caddy"], "deploy/Caddyfile") {
        let file = workspace.path("deploy/Caddyfile");
        capture(Command::new("caddy").args(["validate", "--adapter", "caddyfile", "--config"]).arg(file))?;
    }
    Ok(())
}

fn are_here(programs: &[&str], file: &str) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| which(program).is_none()).collect();
    if !missing.is_empty() {
        println!("note: {file} is not checked, since there is no {}", missing.join(" and no "));
    }
    missing.is_empty()
}

fn check_nginx(workspace: &Workspace, scratch: &Path) -> Result<()> {
    let place = |name: &str| scratch.join(name).display().to_string();
    let (certificate, key) = (place("certificate.pem"), place("key.pem"));
    capture(Command::new("openssl").args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]).args([
        "-subj",
        "/CN=localhost",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]))?;
    let mut example = read(&workspace.path("deploy/nginx.conf"))?;
    let folder = "/etc/letsencrypt/live/cells.example.org";
    let files = [(format!("{folder}/fullchain.pem"), certificate), (format!("{folder}/privkey.pem"), key)];
    let listened = LISTENED.map(|(from, to)| (from.to_owned(), to.to_owned()));
    for (from, to) in files.into_iter().chain(listened) {
        ensure!(example.contains(&from), "deploy/nginx.conf has no `{from}`, which this check replaces");
        example = example.replace(&from, &to);
    }
    let whole =
        format!("pid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{example}}}\n", place("nginx.pid"));
    let file = scratch.join("nginx.conf");
    fs::write(&file, whole).with_context(|| format!("cannot write {}", file.display()))?;
    capture(Command::new("nginx").arg("-t").arg("-p").arg(scratch).arg("-c").arg(&file))?;
    Ok(())
}

fn check_systemd(workspace: &Workspace, scratch: &Path) -> Result<()> {
    const PROGRAM: &str = "/usr/local/bin/tile-server";

    let unit = read(&workspace.path("deploy/tile-server.service"))?;
    ensure!(unit.contains(PROGRAM), "deploy/tile-server.service does not start {PROGRAM}");
    let file = scratch.join("tile-server.service");
    // Any program that is there will do.
    fs::write(&file, unit.replace(PROGRAM, "/bin/true")).with_context(|| format!("cannot write {}", file.display()))?;
    capture(Command::new("systemd-analyze").arg("verify").arg(&file))?;
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
