//! Refusals of calls.

use super::super::{GrpcErrors, PlainText, RefusalKind};
use super::{ask, assert_stamped, denials, lines, nobody, show};

#[test]
fn every_kind_has_a_grpc_status_and_keeps_its_challenges() {
    let call = ask(
        "POST",
        "/notes.Notes/List",
        &[("content-type", "application/grpc")],
    );
    for denial in denials() {
        let response = show(&GrpcErrors::new(), &denial, &call);
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
                .all(|it| matches!(it, 0x20..=0x24 | 0x26..=0x7E))
        );
        assert_stamped(&response, &denial);
    }
}

#[test]
fn dialects_of_grpc_are_answered_in_kind() {
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
        let response = show(&GrpcErrors::new(), &nobody(), &call);
        assert_eq!(lines(&response, "content-type"), [answered]);
    }
}

#[test]
fn whoever_speaks_no_grpc_is_refused_as_ever() {
    let grpc = GrpcErrors::new().otherwise(PlainText);
    for asked in [
        "application/json",
        "application/grpcx",
        "application/grpc-webby",
        "grpc",
        "",
    ] {
        let request = ask("POST", "/", &[("content-type", asked)]);
        let response = show(&grpc, &nobody(), &request);
        assert_eq!(response.status(), 401, "{asked}");
        assert!(lines(&response, "grpc-status").is_empty());
        assert!(response.body().starts_with("401 Unauthorized"));
    }
}
