//! `atoll serve`: one file, one address, the headers that keep it from talking.
//!
//! Plain `std::net`: a single GET of a single file over loopback needs no HTTP crate, and what is not there
//! cannot be reached. Every connection is answered once and closed.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The port when none is asked for.
pub const PORT: u16 = 8420;
/// How many ports are tried after a busy one.
const TRIES: u16 = 50;
/// The longest request head that is read.
const HEAD_LIMIT: usize = 8 * 1024;
/// How long a silent client is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the built page is looked for, seen from the current directory.
const BUILT: &str = "dist/atoll.html";
/// Everything a page can ask a browser for; all of it is denied. There is no wildcard, so the list is written
/// out: the names Chromium 156 knows (client hints aside), because an unknown one is an error in the console.
const FEATURES: &str = "accelerometer aria-notify autoplay browsing-topics camera \
    captured-surface-control clipboard-read clipboard-write compute-pressure cross-origin-isolated \
    deferred-fetch deferred-fetch-minimal digital-credentials-create digital-credentials-get \
    display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid \
    identity-credentials-get idle-detection interest-cohort keyboard-map language-detector \
    language-model local-fonts local-network local-network-access loopback-network magnetometer \
    media-playback-while-not-visible microphone midi on-device-speech-recognition otp-credentials \
    payment picture-in-picture private-state-token-issuance private-state-token-redemption \
    publickey-credentials-create publickey-credentials-get screen-wake-lock serial speaker-selection \
    storage-access summarizer sync-xhr translator unload usb window-management xr-spatial-tracking";

/// Serves `page` on loopback until the process ends. A busy port gives way to the next free one; port 0
/// leaves the choice to the system. The address is printed once it answers.
pub fn serve(page: &Path, port: u16) -> io::Result<()> {
    read(page)?;
    let listener = bind(port)?;
    println!("http://{}/", listener.local_addr()?);
    io::stdout().flush()?;
    for stream in listener.incoming() {
        let (stream, page) = (stream?, page.to_owned());
        // A client that went away is its own affair.
        std::thread::spawn(move || answer(stream, &page).ok());
    }
    Ok(())
}

/// The page to serve: the one named, or the one beside the executable, or the one `make dist` built.
pub fn find(named: Option<PathBuf>) -> PathBuf {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("atoll.html")).filter(|p| p.is_file());
    named.or_else(beside).unwrap_or_else(|| PathBuf::from(BUILT))
}

/// The headers that go with this page, computed from its inline blocks alone.
pub fn headers(html: &str) -> Vec<(&'static str, String)> {
    let denied: Vec<String> = FEATURES.split_whitespace().map(|f| format!("{f}=()")).collect();
    vec![
        ("Connection-Allowlist", "()".to_owned()),
        ("Content-Security-Policy", policy(html)),
        ("Cross-Origin-Opener-Policy", "same-origin".to_owned()),
        ("Referrer-Policy", "no-referrer".to_owned()),
        ("Permissions-Policy", denied.join(", ")),
        ("Cache-Control", "no-store".to_owned()),
    ]
}

/// The policy of the page's meta element, with what only a header can say.
fn policy(html: &str) -> String {
    let (scripts, styles) = (hashes(html, "script"), hashes(html, "style"));
    format!(
        "default-src 'none'; script-src {scripts} 'wasm-unsafe-eval'; style-src {styles}; worker-src blob:; \
         connect-src 'none'; img-src data: blob:; form-action 'none'; base-uri 'none'; frame-src 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types atoll; \
         sandbox allow-scripts allow-downloads"
    )
}

/// The hash of every block with this tag that a browser would run or apply.
fn hashes(html: &str, tag: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let all: Vec<String> = blocks(html).filter(|b| b.tag == tag && !b.inert).map(|b| hash(b.text)).collect();
    if all.is_empty() { "'none'".to_owned() } else { all.join(" ") }
}

/// One `script` or `style` element of our own page.
struct Block<'a> {
    tag: &'static str,
    /// A text block: never run, so it needs no hash.
    inert: bool,
    text: &'a str,
}

/// The blocks in order. Text inside one is never mistaken for another: each is read to its own end tag.
/// Reads the lower-case tags the build writes, not HTML at large.
fn blocks(html: &str) -> impl Iterator<Item = Block<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let script = rest.find("<script").map(|at| (at, "script", "</script"));
        let style = rest.find("<style").map(|at| (at, "style", "</style"));
        let (at, tag, end) = script.into_iter().chain(style).min()?;
        let (open, body) = rest.get(at..)?.split_once('>')?;
        let (text, after) = body.split_once(end)?;
        rest = after;
        Some(Block { tag, inert: open.contains("type=\"text/plain\""), text })
    })
}

/// The first port from `port` on that is free.
fn bind(port: u16) -> io::Result<TcpListener> {
    let last = if port == 0 { 0 } else { port.saturating_add(TRIES) };
    let mut bound = Err(io::ErrorKind::AddrInUse.into());
    for port in port..=last {
        bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if !matches!(&bound, Err(e) if e.kind() == io::ErrorKind::AddrInUse) {
            break;
        }
    }
    bound
}

/// The text of the page, or an error that names the file and the remedy.
fn read(page: &Path) -> io::Result<String> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}; run `make dist`", page.display()));
    std::fs::read_to_string(page).map_err(named)
}

/// Answers one connection. The file is read anew, so a rebuilt page is served with its own hashes.
fn answer(mut stream: TcpStream, page: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = request_head(&mut stream)?;
    stream.write_all(&response(&head, || read(page)))?;
    stream.flush()
}

/// The request up to its empty line, or as much as the limit allows.
fn request_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let (mut head, mut chunk) = (Vec::new(), [0; 1024]);
    while head.len() < HEAD_LIMIT && !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        head.extend_from_slice(&chunk[..n]);
    }
    Ok(head)
}

/// The whole response to a request head.
fn response(head: &[u8], page: impl FnOnce() -> io::Result<String>) -> Vec<u8> {
    let line = head.split(|&b| b == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&b| b == b' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split(|&b| b == b'?').next().unwrap_or_default();
    match (method, path) {
        (b"GET" | b"HEAD", b"/") => match page() {
            Ok(html) => message("200 OK", &headers(&html), &html, method == b"GET"),
            Err(e) => message("500 Internal Server Error", &headers(""), &e.to_string(), method == b"GET"),
        },
        (b"GET" | b"HEAD", _) => message("404 Not Found", &headers(""), "Not found", method == b"GET"),
        _ => {
            let mut with = headers("");
            with.push(("Allow", "GET, HEAD".to_owned()));
            message("405 Method Not Allowed", &with, "", false)
        }
    }
}

/// Status line, headers and body as bytes.
fn message(status: &str, headers: &[(&str, String)], body: &str, with_body: bool) -> Vec<u8> {
    let kind = if status.starts_with("200") { "text/html" } else { "text/plain" };
    let mut out = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n");
    out += &format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
    for (name, value) in headers {
        out += &format!("{name}: {value}\r\n");
    }
    out += "\r\n";
    if with_body {
        out += body;
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<style>b{}</style><script type=\"text/plain\" id=\"w\">'<script>x<style>'</script>\
                        <script>let a</script>";

    fn header(html: &str, name: &str) -> String {
        headers(html).into_iter().find(|(n, _)| *n == name).map(|(_, v)| v).unwrap_or_default()
    }

    fn ask(head: &str) -> String {
        String::from_utf8_lossy(&response(head.as_bytes(), || Ok(PAGE.to_owned()))).into_owned()
    }

    #[test]
    fn the_policy_names_what_runs_and_nothing_else() {
        // printf 'let a' | openssl dgst -sha256 -binary | base64, and the same for 'b{}'.
        let policy = header(PAGE, "Content-Security-Policy");
        assert!(
            policy.contains(
                "script-src 'sha256-IfEXP/8HLuXoAiy0hZVrCAcjcLsZqYFpLOHDGj8enqE=' 'wasm-unsafe-eval';"
            ),
            "{policy}"
        );
        assert!(
            policy.contains("style-src 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans=';"),
            "{policy}"
        );
        assert!(policy.ends_with("sandbox allow-scripts allow-downloads"), "{policy}");
    }

    #[test]
    fn one_changed_byte_changes_the_policy() {
        assert_ne!(policy(PAGE), policy(&PAGE.replace("let a", "let b")));
        assert_eq!(policy(PAGE), policy(&PAGE.replace("id=\"w\"", "id=\"v\"")), "a text block has no hash");
    }

    #[test]
    fn a_page_without_blocks_runs_nothing() {
        assert!(policy("").contains("script-src 'none' 'wasm-unsafe-eval'; style-src 'none'"));
    }

    #[test]
    fn every_promised_header_is_sent() {
        let answer = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        for line in [
            "HTTP/1.1 200 OK",
            "Connection-Allowlist: ()",
            "Cross-Origin-Opener-Policy: same-origin",
            "Referrer-Policy: no-referrer",
            "Cache-Control: no-store",
        ] {
            assert!(answer.contains(&format!("{line}\r\n")), "{line} is missing from {answer}");
        }
        assert!(answer.contains("camera=(), ") && answer.contains("xr-spatial-tracking=()"));
        assert!(answer.ends_with(PAGE));
    }

    #[test]
    fn only_the_page_is_served_and_only_read() {
        assert!(ask("GET /?lang=en HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
        for path in ["/favicon.ico", "/../Cargo.toml", "/dist/atoll.html", "//", ""] {
            assert!(ask(&format!("GET {path} HTTP/1.1\r\n\r\n")).starts_with("HTTP/1.1 404"), "{path}");
        }
        for method in ["POST", "PUT", "OPTIONS", "get", "\u{0}"] {
            let answer = ask(&format!("{method} / HTTP/1.1\r\n\r\n"));
            assert!(
                answer.starts_with("HTTP/1.1 405") && answer.contains("Allow: GET, HEAD\r\n"),
                "{method}"
            );
        }
        assert!(ask("").starts_with("HTTP/1.1 405"));
    }

    #[test]
    fn head_has_the_length_and_no_body() {
        let answer = ask("HEAD / HTTP/1.1\r\n\r\n");
        assert!(
            answer.contains(&format!("Content-Length: {}\r\n", PAGE.len())) && answer.ends_with("\r\n\r\n")
        );
    }

    #[test]
    fn a_request_without_end_is_cut() {
        let endless = vec![b'x'; 10 * HEAD_LIMIT];
        assert!(request_head(&mut endless.as_slice()).is_ok_and(|h| h.len() <= HEAD_LIMIT + 1024));
    }

    #[test]
    fn a_busy_port_gives_way() -> io::Result<()> {
        let first = bind(0)?;
        let second = bind(first.local_addr()?.port())?;
        assert_ne!(first.local_addr()?, second.local_addr()?);
        Ok(())
    }
}
