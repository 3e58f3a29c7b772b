//! Which names requests may call the server by.
//!
//! A page of another site can have its own name lead to this machine (DNS rebinding), and a browser then lets it read
//! what it gets. Such a request comes with that name, so a server that listens for this machine only answers to its own
//! names, and to addresses, which are no names.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Request, StatusCode, Version, header, uri::Authority};

use super::error::ServeError;

/// The names beyond `localhost` and addresses that requests may call the server by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AllowedHosts {
    /// None where the server listens on a loopback address, and any elsewhere.
    #[default]
    Own,
    /// These, wherever the server listens.
    Also(Vec<String>),
    /// Any, wherever the server listens.
    Any,
}

impl AllowedHosts {
    /// Reads `*`, or names such as `example.org`.
    ///
    /// # Errors
    /// [`ServeError::AllowedHost`] names the first that is neither.
    pub fn parse(names: &[String]) -> Result<Self, ServeError> {
        if names.is_empty() {
            return Ok(Self::Own);
        }
        if names.iter().any(|name| name == "*") {
            return Ok(Self::Any);
        }
        let checked = |name: &String| {
            let authority: Option<Authority> = name.parse().ok();
            let is_name = authority.is_some_and(|authority| authority.host() == name && !name.contains(['[', '*']));
            is_name.then(|| plain(name)).ok_or_else(|| ServeError::AllowedHost { name: name.clone() })
        };
        names.iter().map(checked).collect::<Result<_, _>>().map(Self::Also)
    }
}

/// Checks what each request calls the server.
#[derive(Clone, Debug)]
pub(super) struct HostCheck {
    /// None where any name will do.
    names: Option<Vec<String>>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongHost {
    /// It does not say just one host.
    Malformed,
    /// It says a host that this server is not.
    Foreign,
}

impl WrongHost {
    /// The answer's status and sentence.
    pub(super) fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "A request must name one host, in one Host header."),
            Self::Foreign => (
                StatusCode::MISDIRECTED_REQUEST,
                "This server does not answer to that host name; --allow-host NAME lets it.",
            ),
        }
    }
}

impl HostCheck {
    /// The check for a server that listens at this address.
    pub(super) fn new(allowed: AllowedHosts, address: SocketAddr) -> Self {
        let names = match allowed {
            AllowedHosts::Own => address.ip().to_canonical().is_loopback().then(Vec::new),
            AllowedHosts::Also(names) => Some(names),
            AllowedHosts::Any => None,
        };
        Self { names }
    }

    /// Whether the request names one host (RFC 9112, section 3.2), and one that this server is.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), WrongHost> {
        let stated = of_headers(request.headers())?;
        let target = request.uri().authority();
        if stated.is_none() && target.is_none() {
            return if request.version() < Version::HTTP_11 { Ok(()) } else { Err(WrongHost::Malformed) };
        }
        let is_ours = stated.iter().chain(target).all(|authority| self.is_ours(authority.host()));
        if is_ours { Ok(()) } else { Err(WrongHost::Foreign) }
    }

    fn is_ours(&self, host: &str) -> bool {
        let Some(names) = &self.names else { return true };
        let host = plain(host);
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        // Browsers keep the names below localhost for the machine itself, whatever a name server says.
        is_address || host == "localhost" || host.ends_with(".localhost") || names.contains(&host)
    }
}

/// In lower case, without the dot that may end a name.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// What the one Host header says; none without one.
fn of_headers(headers: &HeaderMap) -> Result<Option<Authority>, WrongHost> {
    let mut values = headers.get_all(header::HOST).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() || value.as_bytes().contains(&b'@') {
        return Err(WrongHost::Malformed);
    }
    let authority = Authority::try_from(value.as_bytes()).map_err(|_| WrongHost::Malformed)?;
    let after_host = &authority.as_str()[authority.host().len()..];
    let is_port = after_host.strip_prefix(':').is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if is_port { Ok(Some(authority)) } else { Err(WrongHost::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, allowed: &[&str], request: &Request<()>) -> Result<(), WrongHost> {
        let allowed: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        HostCheck::new(AllowedHosts::parse(&allowed).unwrap(), address.parse().unwrap()).check(request)
    }

    fn get(uri: &str, hosts: &[&str]) -> Request<()> {
        let request = hosts.iter().fold(Request::get(uri), |request, host| request.header(header::HOST, *host));
        request.body(()).unwrap()
    }

    #[test]
    fn a_server_for_this_machine_answers_to_its_own_names() {
        for host in [
            "localhost",
            "LOCALHOST:8787",
            "localhost.",
            "pbmc.localhost:1",
            "127.0.0.1:8787",
            "127.1.2.3",
            "[::1]:8787",
            "192.168.0.7",
            "cells.example.org",
            "Cells.Example.org.:80",
        ] {
            for address in ["127.0.0.1:8787", "[::1]:8787", "[::ffff:127.0.0.1]:1"] {
                assert_eq!(check(address, &["cells.example.org"], &get("/", &[host])), Ok(()), "{host}");
            }
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8787", "example.org", "local"] {
            assert_eq!(
                check("127.0.0.1:1", &["cells.example.org"], &get("/", &[host])),
                Err(WrongHost::Foreign),
                "{host}"
            );
            assert_eq!(check("127.0.0.1:1", &[], &get("/", &[host])), Err(WrongHost::Foreign), "{host}");
            assert_eq!(check("127.0.0.1:1", &["*"], &get("/", &[host])), Ok(()), "{host}");
            assert_eq!(check("0.0.0.0:1", &[], &get("/", &[host])), Ok(()), "{host}");
            assert_eq!(check("0.0.0.0:1", &["a.org"], &get("/", &[host])), Err(WrongHost::Foreign), "{host}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        for hosts in [&[][..], &["localhost", "localhost"], &["a b"], &["user@localhost"], &["localhost:x"], &[""]] {
            assert_eq!(check("0.0.0.0:1", &[], &get("/", hosts)), Err(WrongHost::Malformed), "{hosts:?}");
        }
        let mut old = get("/", &[]);
        *old.version_mut() = Version::HTTP_10;
        assert_eq!(check("127.0.0.1:1", &[], &old), Ok(()));
    }

    #[test]
    fn the_host_of_the_target_counts_too() {
        let check = |uri, hosts: &[&str]| check("127.0.0.1:1", &[], &get(uri, hosts));
        assert_eq!(check("http://localhost/x", &[]), Ok(()));
        assert_eq!(check("http://evil.example/x", &["localhost"]), Err(WrongHost::Foreign));
        assert_eq!(check("http://localhost/x", &["evil.example"]), Err(WrongHost::Foreign));
    }

    #[test]
    fn names_are_names_alone() {
        for name in ["http://a.org", "a.org:80", "a.org/", "[::1]", "*.a.org", "", "a b"] {
            assert!(AllowedHosts::parse(&[name.to_owned()]).is_err(), "{name:?}");
        }
    }
}
