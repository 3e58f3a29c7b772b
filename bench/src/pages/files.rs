//! A server of files, no more: what peers are served by.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result};

/// Serves folders, each under a name of its own, until this process ends; returns the address.
pub fn serve(folders: &[(&'static str, PathBuf)]) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    let address = format!("http://{}", listener.local_addr()?);
    let folders = folders.to_vec();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folders = folders.clone();
            // A client that goes away ends its connection.
            thread::spawn(move || converse(&stream, &folders));
        }
    });
    Ok(address)
}

/// Answers one request after the other.
fn converse(mut stream: &TcpStream, folders: &[(&'static str, PathBuf)]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let found = find(&request, folders).and_then(|path| Some((content_type(&path), fs::read(&path).ok()?)));
        let (status, kind, body) = match found {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", Vec::new()),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len())?;
        stream.write_all(&body)?;
    }
}

/// The file that a request's first line asks for.
fn find(request: &str, folders: &[(&'static str, PathBuf)]) -> Option<PathBuf> {
    let path = request.strip_prefix("GET /")?.split([' ', '?']).next()?;
    let (name, rest) = path.split_once('/')?;
    let is_plain = rest.split('/').all(|part| !part.is_empty() && part != "..");
    let (_, folder) = folders.iter().find(|(own, _)| *own == name)?;
    is_plain.then(|| folder.join(rest))
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_folders_is_served() {
        let folders = [("web", PathBuf::from("here")), ("data", PathBuf::from("there"))];
        let found = |line: &str| find(line, &folders);
        assert_eq!(found("GET /web/a.html?x=1 HTTP/1.1\r\n"), Some(PathBuf::from("here/a.html")));
        assert_eq!(found("GET /data/x.f32 HTTP/1.1\r\n"), Some(PathBuf::from("there/x.f32")));
        for line in ["GET /web/../x HTTP/1.1", "GET /other/x HTTP/1.1", "POST /web/a HTTP/1.1", "GET / HTTP/1.1"] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn a_file_arrives() {
        let folder = std::env::temp_dir().join(format!("tessera-files-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder can be made");
        fs::write(folder.join("a.js"), "1 + 1").expect("a file can be written");
        let address = serve(&[("web", folder.clone())]).expect("a port is free");
        let mut stream = TcpStream::connect(address.trim_start_matches("http://")).expect("the server listens");
        write!(stream, "GET /web/a.js HTTP/1.1\r\nHost: x\r\n\r\n").expect("the server reads");
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take(3).collect();
        assert_eq!(head, ["HTTP/1.1 200 OK", "Content-Type: text/javascript; charset=utf-8", "Content-Length: 5"]);
        fs::remove_dir_all(folder).expect("the folder is there");
    }
}
