//! Tests the example `s3_gateway`, which keeps objects on disk.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use tower_challenge::Secret;
use tower_challenge::scheme::sigv4::proof::{self, SigningKey};
use tower_challenge::scheme::sigv4::{CredentialScope, PathRule};

use crate::client::ask;
use crate::process::Running;
use crate::transcript::{run, status};

const ACCOUNT: &str = "--aws-sigv4 aws:amz:us-east-1:s3 -u AKIDEXAMPLE:secret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'";

const SCOPE: CredentialScope<'_> = CredentialScope {
    region: "us-east-1",
    service: "s3",
};

/// A running gateway with a directory of its own, which is removed when this value is dropped.
struct Gateway {
    running: Running,
    root: PathBuf,
}

impl Gateway {
    fn start(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("{name}.{}", std::process::id()));
        let directory = root.to_str().unwrap();
        let arguments = ["--root", directory, "--listen", "127.0.0.1:0"];
        Self {
            running: Running::start_with("s3_gateway", &arguments),
            root,
        }
    }

    fn curl(&self, what: &str, path: &str) -> u16 {
        let address = self.running.address;
        let answer = run(&format!(
            "curl -s -i {ACCOUNT} {what} 'http://{address}{path}'"
        ));
        status(&answer).parse().unwrap()
    }

    /// Puts an empty object at a path that curl would normalize. Newer versions of curl cannot sign a path without
    /// normalizing it, so this function signs the request itself.
    fn put_as_is(&self, path: &str) -> u16 {
        let address = self.running.address;
        let (host, date) = (address.to_string(), now());
        let canonical = proof::SignedRequest {
            method: "PUT",
            path: path.as_bytes(),
            query: b"",
            headers: &[
                ("host", host.as_bytes()),
                ("x-amz-content-sha256", b"UNSIGNED-PAYLOAD"),
                ("x-amz-date", date.as_bytes()),
            ],
            signed_headers: "host;x-amz-content-sha256;x-amz-date",
            payload: "UNSIGNED-PAYLOAD",
        };
        // A path above the root has no canonical form, so its request gets the signature of an empty one.
        let canonical = canonical.canonical(PathRule::Once).unwrap_or_default();
        let text = proof::string_to_sign(&date, SCOPE, &canonical).unwrap();
        let day = &date[..8];
        let key = SigningKey::derive(Secret::new("secret"), day.as_bytes(), SCOPE);
        let signature = key.signature(&text);
        let fields = [
            "Content-Length: 0",
            "x-amz-content-sha256: UNSIGNED-PAYLOAD",
            &format!("x-amz-date: {date}"),
            &format!(
                "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{day}/us-east-1/s3/aws4_request, \
                 SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"
            ),
        ];
        ask(address, &format!("PUT {path}"), &fields).status()
    }

    /// Returns the names of the files in a directory below the root, sorted.
    fn files(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(directory)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn has_no_object(&self) -> bool {
        self.files("") == [".uploads"] && self.files(".uploads").is_empty()
    }
}

/// Returns the current time in the format of `x-amz-date`.
fn now() -> String {
    let output = Command::new("date")
        .args(["-u", "+%Y%m%dT%H%M%SZ"])
        .output();
    let output = output.unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().into()
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn the_gateway_stores_returns_and_removes_an_object() {
    let gateway = Gateway::start("gateway-objects");
    let upload = "-X PUT --data text -H content-type:text/plain";
    assert_eq!(gateway.curl(upload, "/bucket/key"), 200);
    let file = gateway.root.join("bucket%2Fkey");
    assert_eq!(fs::read(file).unwrap(), b"text");
    assert_eq!(gateway.curl("", "/bucket/key"), 200);
    assert_eq!(gateway.curl("--head", "/bucket/key"), 200);
    assert_eq!(gateway.curl("-X DELETE", "/bucket/key"), 204);
    assert_eq!(gateway.curl("", "/bucket/key"), 404);
    assert!(gateway.has_no_object());
}

#[test]
fn no_key_writes_a_file_outside_the_root() {
    let gateway = Gateway::start("gateway-names");
    // A file of this name, beside the root, would be of an escape.
    let other = gateway.root.with_extension("other");
    let name = other.file_name().unwrap().to_str().unwrap();
    for path in [
        "/bucket/a/../../other",
        "/bucket/%2E%2E%2Fother",
        "/bucket/..%2f..%2fother",
        "/../../other",
        "/..%2F/other",
        "/.uploads/0",
        "/bucket/.hidden",
        "/bucket/%00",
        "/bucket/a%5Cb",
    ] {
        let status = gateway.put_as_is(&path.replace("other", name));
        assert!([200, 400].contains(&status), "{path}: {status}");
    }
    let long = format!("/bucket/{}", "x".repeat(256));
    assert_eq!(gateway.put_as_is(&long), 400);
    let is_plain = |name: &String| !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    let (inside, others): (Vec<_>, Vec<_>) = gateway.files("").into_iter().partition(is_plain);
    assert_eq!(others, [".uploads"]);
    assert!(inside.contains(&"%2Euploads%2F0".to_owned()), "{inside:?}");
    assert!(gateway.files(".uploads").is_empty());
    assert!(!other.exists());
}

/// Queries for subresources of objects and buckets, which S3 has and this gateway does not.
const SUBRESOURCES: [&str; 6] = [
    "acl=",
    "tagging=",
    "policy=",
    "cors=",
    "partNumber=1&uploadId=1",
    "x=",
];

#[test]
fn a_request_for_more_than_one_object_gets_501_and_leaves_the_object_unchanged() {
    let gateway = Gateway::start("gateway-subresources");
    assert_eq!(gateway.curl("-X PUT --data text", "/bucket/key"), 200);
    for query in SUBRESOURCES {
        for what in ["", "-X PUT --data other", "-X DELETE"] {
            let target = format!("/bucket/key?{query}");
            assert_eq!(gateway.curl(what, &target), 501, "{what} {target}");
        }
    }
    let copy = "-X PUT -H x-amz-copy-source:/bucket/other";
    for (what, path) in [
        (copy, "/bucket/key"),
        ("-X POST --data other", "/bucket/key"),
        ("", "/"),
        ("", "/bucket"),
        ("", "/bucket/"),
        ("-X PUT", "/bucket"),
        ("-X DELETE", "/bucket"),
    ] {
        assert_eq!(gateway.curl(what, path), 501, "{what} {path}");
    }
    assert_eq!(gateway.files(""), [".uploads", "bucket%2Fkey"]);
    let text = fs::read(gateway.root.join("bucket%2Fkey"));
    assert_eq!(text.unwrap(), b"text");
    assert_eq!(gateway.curl("", "/bucket/key?x-id=GetObject"), 200);
    let of_node = "/bucket/key?x-amz-checksum-mode=ENABLED&x-id=GetObject";
    assert_eq!(gateway.curl("", of_node), 200);
}

#[test]
fn a_condition_and_a_range_get_501() {
    let gateway = Gateway::start("gateway-conditions");
    assert_eq!(gateway.curl("-X PUT --data text", "/bucket/key"), 200);
    for condition in [
        "If-None-Match:*",
        "If-Match:x",
        "If-Unmodified-Since:Wed, 03 Jul 2024 09:46:40 GMT",
        "Range:bytes=1-2",
    ] {
        for what in ["-X PUT --data other", "-X DELETE", ""] {
            let what = format!("{what} -H '{condition}'");
            assert_eq!(gateway.curl(&what, "/bucket/key"), 501, "{what}");
        }
    }
    let text = fs::read(gateway.root.join("bucket%2Fkey"));
    assert_eq!(text.unwrap(), b"text");
}

#[test]
fn an_upload_with_a_wrong_checksum_leaves_no_file() {
    let gateway = Gateway::start("gateway-broken");
    let body = gateway.root.with_extension("body");
    let chunks = "8\r\n12345678\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    fs::write(&body, chunks).unwrap();
    let what = format!(
        "-X PUT --data-binary @{} -H x-amz-content-sha256:STREAMING-UNSIGNED-PAYLOAD-TRAILER \
         -H x-amz-decoded-content-length:8 -H x-amz-trailer:x-amz-checksum-crc32",
        body.display()
    );
    let account = "--aws-sigv4 aws:amz:us-east-1:s3 -u AKIDEXAMPLE:secret";
    let address = gateway.running.address;
    let answer = run(&format!(
        "curl -s -i {account} {what} http://{address}/bucket/key"
    ));
    fs::remove_file(body).unwrap();
    assert_eq!(status(&answer), "403");
    assert!(gateway.has_no_object());
}

#[test]
fn a_client_that_disconnects_leaves_no_file() {
    let gateway = Gateway::start("gateway-gone");
    let address = gateway.running.address;
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        // `-T .` sends the standard input, which the test keeps open, so that the upload does not end.
        let line = format!(
            "exec curl -s -o /dev/null --no-progress-meter {version} {ACCOUNT} -T . http://{address}/bucket/key"
        );
        let mut client = Command::new("sh");
        let client = client.args(["-c", &line]).stdin(Stdio::piped());
        let mut client = client.spawn().unwrap();
        let mut upload = client.stdin.take().unwrap();
        upload.write_all(b"text").unwrap();
        wait_until(|| !gateway.files(".uploads").is_empty());
        client.kill().unwrap();
        client.wait().unwrap();
        wait_until(|| gateway.files(".uploads").is_empty());
    }
    assert!(gateway.has_no_object());
}

fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the condition did not become true within 30 seconds");
}

#[test]
fn a_client_without_a_signature_gets_403() {
    let gateway = Gateway::start("gateway-unsigned");
    for path in ["/", "/bucket", "/bucket/key"] {
        for method in ["GET", "PUT", "DELETE", "POST"] {
            let answer = ask(gateway.running.address, &format!("{method} {path}"), &[]);
            assert_eq!(answer.status(), 403, "{method} {path}");
            assert!(answer.body().contains("<Code>AccessDenied</Code>"));
        }
    }
}
