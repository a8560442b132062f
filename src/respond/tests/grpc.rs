//! Tests the gRPC renderer.

use super::super::{GrpcErrors, PlainText, RefusalKind};
use super::{ask, assert_stamped, denials, lines, stamped_response, unauthenticated};

#[test]
fn each_kind_of_refusal_has_a_grpc_status_and_its_challenges() {
    let call = ask(
        "POST",
        "/notes.Notes/List",
        &[("content-type", "application/grpc")],
    );
    for denial in denials() {
        let response = stamped_response(&GrpcErrors::new(), &denial, &call);
        let expected = match denial.kind() {
            RefusalKind::Unauthenticated => "16",
            RefusalKind::Forbidden | RefusalKind::Insecure => "7",
            RefusalKind::Throttled | RefusalKind::TooLong => "8",
            RefusalKind::MissingLayer => "13",
            RefusalKind::Unavailable => "14",
            RefusalKind::Malformed => "3",
            RefusalKind::TooSlow => "4",
        };
        assert_eq!(response.status(), 200);
        assert_eq!(response.body(), "");
        assert_eq!(lines(&response, "grpc-status"), [expected]);
        let message = lines(&response, "grpc-message").concat();
        assert_eq!(message, denial.kind().detail());
        // gRPC over HTTP/2: `Percent-Byte-Unencoded -> %x20-%x24 / %x26-%x7E`.
        assert!(
            message
                .bytes()
                .all(|byte| matches!(byte, 0x20..=0x24 | 0x26..=0x7E))
        );
        assert_stamped(&response, &denial);
    }
}

#[test]
fn each_variant_of_grpc_gets_a_response_of_its_own_content_type() {
    for (asked, answered) in [
        ("application/grpc", "application/grpc"),
        ("application/grpc+proto", "application/grpc"),
        ("Application/gRPC; charset=utf-8", "application/grpc"),
        ("application/grpc-web+json", "application/grpc-web"),
        (
            "application/grpc-web-text ; x=y",
            "application/grpc-web-text",
        ),
    ] {
        let call = ask("POST", "/", &[("content-type", asked)]);
        let response = stamped_response(&GrpcErrors::new(), &unauthenticated(), &call);
        assert_eq!(lines(&response, "content-type"), [answered]);
    }
}

#[test]
fn a_client_that_does_not_speak_grpc_gets_the_other_renderer() {
    let grpc = GrpcErrors::new().otherwise(PlainText);
    for asked in [
        "application/json",
        "application/grpcx",
        "application/grpc-webby",
        "grpc",
        "",
    ] {
        let request = ask("POST", "/", &[("content-type", asked)]);
        let response = stamped_response(&grpc, &unauthenticated(), &request);
        assert_eq!(response.status(), 401, "{asked}");
        assert!(lines(&response, "grpc-status").is_empty());
        assert!(response.body().starts_with("401 Unauthorized"));
    }
}
