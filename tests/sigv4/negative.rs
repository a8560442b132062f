//! Tests with requests that the server just admits or must refuse.

use serde_json::Value;
use tower_challenge::scheme::sigv4::CredentialScope;

use crate::vectors::{Server, count, file, request, text};

/// Returns the status that this crate answers for a row: `400` for a malformed request, and `401` for a wrong
/// signature. S3 and other services of AWS refuse the same requests.
fn status(row: &Value) -> u16 {
    match text(row, "name") {
        "missing-credential" | "missing-signedheaders" | "missing-signature" => 400,
        "no-date-header" | "scope-terminator" => 400,
        "signed-header-absent" | "signedheaders-uppercase" => 400,
        "signature-uppercase-hex" | "signature-short" => 400,
        "query-malformed-percent" => 400,
        "presigned-expires-604801" | "presigned-expires-negative" | "presigned-expires-nan" => 400,
        "presigned-missing-expires" | "presigned-missing-credential" => 400,
        "presigned-wrong-algorithm" | "presigned-duplicate-expires" => 400,
        _ if text(row, "expect") == "accept" => 200,
        _ => 401,
    }
}

#[test]
fn every_row_gets_its_expected_status() {
    let (file, mut passed) = (file("sigv4_negative.json"), 0);
    let scope = CredentialScope {
        region: text(&file, "region"),
        service: text(&file, "service"),
    };
    for row in file["cases"].as_array().unwrap() {
        let server = Server::at(text(row, "now"), scope, &file["credentials"]);
        let request = request(row, text(row, "body").as_bytes()).unwrap();
        let (answered, _) = server.answer(request);
        assert_eq!(answered, status(row), "{}", row["name"]);
        assert_eq!(
            answered == 200,
            text(row, "expect") == "accept",
            "{}",
            row["name"]
        );
        passed += 1;
    }
    let rows = file["cases"].as_array().unwrap().len();
    count("sigv4_negative.json", passed, &[], (rows, 0));
}
