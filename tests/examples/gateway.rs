//! The gateway of objects on disk.

use std::fs;
use std::path::PathBuf;

use crate::client::{ask, curl};
use crate::process::Running;

const ACCOUNT: &str = "--aws-sigv4 aws:amz:us-east-1:s3 -u AKIDEXAMPLE:secret -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'";

/// A gateway, and a directory that is gone with it.
struct Gateway {
    running: Running,
    root: PathBuf,
}

impl Gateway {
    fn start(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("{name}.{}", std::process::id()));
        let place = root.to_str().unwrap();
        let arguments = ["--root", place, "--listen", "127.0.0.1:0"];
        Self {
            running: Running::start_with("s3_gateway", &arguments),
            root,
        }
    }

    fn curl(&self, what: &str, path: &str) -> u16 {
        let address = self.running.address;
        curl(&format!(
            "curl -s -i {ACCOUNT} {what} http://{address}{path}"
        ))
    }

    fn files(&self, bucket: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(bucket)).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn object_is_kept_read_and_removed() {
    let gateway = Gateway::start("gateway-objects");
    assert_eq!(gateway.curl("-X PUT", "/bucket"), 200);
    assert_eq!(
        gateway.curl(
            "-X PUT --data text -H content-type:text/plain",
            "/bucket/key"
        ),
        200
    );
    assert_eq!(fs::read(gateway.root.join("bucket/key")).unwrap(), b"text");
    assert_eq!(gateway.curl("", "/bucket/key"), 200);
    assert_eq!(gateway.curl("-X DELETE", "/bucket"), 409);
    assert_eq!(gateway.curl("-X DELETE", "/bucket/key"), 204);
    assert_eq!(gateway.curl("", "/bucket/key"), 404);
    assert_eq!(gateway.curl("-X DELETE", "/bucket"), 204);
    assert_eq!(gateway.curl("", "/bucket"), 404);
}

#[test]
fn no_name_leads_out_of_its_bucket() {
    let gateway = Gateway::start("gateway-names");
    assert_eq!(gateway.curl("-X PUT", "/bucket"), 200);
    for bucket in [
        "/..",
        "/.uploads",
        "/bu%2Fcket",
        "/Bucket",
        "/b",
        "/-bucket",
    ] {
        assert_eq!(gateway.curl("--path-as-is -X PUT", bucket), 400, "{bucket}");
    }
    for key in [
        "a/../../other",
        "%2E%2E%2Fother",
        "..%2f..%2fother",
        ".hidden",
        "%00",
        "a%5Cb",
    ] {
        gateway.curl("--path-as-is -X PUT", &format!("/bucket/{key}"));
    }
    let entries = fs::read_dir(&gateway.root).unwrap();
    let mut names = entries
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, [".uploads", "bucket"]);
    assert!(
        gateway
            .files("bucket")
            .iter()
            .all(|it| !it.starts_with('.') && !it.contains('/'))
    );
    assert!(gateway.files(".uploads").is_empty());
}

#[test]
fn stranger_is_refused() {
    let gateway = Gateway::start("gateway-strangers");
    for path in ["/", "/bucket", "/bucket/key"] {
        for method in ["GET", "PUT", "DELETE", "POST"] {
            let answer = ask(gateway.running.address, &format!("{method} {path}"), &[]);
            assert_eq!(answer.status(), 403, "{method} {path}");
            assert!(answer.body().contains("<Code>AccessDenied</Code>"));
        }
    }
}
