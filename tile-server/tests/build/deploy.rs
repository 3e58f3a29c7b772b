//! The examples in `deploy/` start a server.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    input::{Storage, build, counts, with_x},
    serve::Server,
};

/// Starts the program with these arguments, those at a free port, with a dataset where the example has its folder of them.
fn starts(arguments: &[&str], folder: &str) {
    let dataset = build(&with_x(&counts(60, 4, 1), 4, Storage::Csr).write().path());
    let datasets = dataset.path().parent().unwrap().display().to_string();
    assert!(arguments.contains(&folder) && arguments.contains(&"8787"), "{arguments:?}");
    let arguments = arguments.iter().map(|&argument| match argument {
        "8787" => "0",
        argument if argument == folder => &datasets,
        argument => argument,
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let mut server = Server::listening(command.args(arguments).stderr(Stdio::null()));
    server.address = server.address.replace("0.0.0.0", "127.0.0.1");
    assert!(server.get("/healthz").ends_with("ok\n"));
}

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)).unwrap()
}

#[test]
fn the_unit_of_systemd_starts_a_server() {
    let unit = example("tile-server.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/tile-server ")).unwrap();
    starts(&line.split(' ').collect::<Vec<_>>(), "/srv/tessera");
}

#[test]
fn the_image_of_docker_starts_a_server() {
    let file = example("Dockerfile");
    let list = |word: &str| -> Vec<String> {
        let line = file.lines().find_map(|line| line.strip_prefix(word)).unwrap();
        serde_json::from_str(line.trim()).unwrap()
    };
    let arguments = [list("ENTRYPOINT"), list("CMD")].concat();
    assert_eq!(arguments[0], "/tile-server");
    starts(&arguments[1..].iter().map(String::as_str).collect::<Vec<_>>(), "/data");
}
