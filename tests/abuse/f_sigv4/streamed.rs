//! Tests bodies that are signed as a whole and handed on while they arrive.

use bytes::Bytes;
use http::Request;

use crate::support::sigv4::{Answered, Frames, SignedStand, Signer, ask, with};

fn streaming() -> SignedStand {
    SignedStand::tuned("s3", |builder| builder.stream_whole_bodies())
}

/// Returns an upload that is signed as a whole, and names its length if `announced`.
fn upload(body: &[u8], announced: bool) -> Request<Bytes> {
    let request = ask("PUT", "/a", body.to_vec());
    Signer::of("s3").sign(match announced {
        true => with(request, "content-length", &body.len().to_string()),
        false => request,
    })
}

/// Sends the head of `request` with another body, in pieces of `size` bytes.
fn send(stand: &SignedStand, request: &Request<Bytes>, body: &[u8], size: usize) -> Answered {
    let (head, ()) = request.clone().map(drop).into_parts();
    let frames = Frames::cut(&Bytes::copy_from_slice(body), size);
    stand.send_frames(Request::from_parts(head, frames))
}

#[test]
fn a089_a_long_body_that_is_signed_as_a_whole_needs_a_setting() {
    let body = vec![b'a'; 17 << 20];
    let request = upload(&body, true);
    SignedStand::of("s3").send(request.clone()).refuses(413);
    let seen = send(&streaming(), &request, &body, 1 << 16).admits("mufasa");
    assert!(seen.body == body, "another body");
}

#[test]
fn a089_a_streamed_body_comes_through_in_pieces_of_any_size() {
    for announced in [true, false] {
        let request = upload(b"the whole body", announced);
        for size in [1, 5, 14] {
            let seen = send(&streaming(), &request, b"the whole body", size).admits("mufasa");
            assert_eq!(seen.body, b"the whole body");
        }
    }
}

#[test]
fn a089_another_body_than_signed_never_ends_cleanly() {
    let signed = b"the whole body";
    for (another, status) in [
        (&b"the other body"[..], 401),
        (b"the whole bod", 400),
        (b"the whole body!", 400),
        (b"", 401),
    ] {
        let answer = send(&streaming(), &upload(signed, true), another, 5);
        answer.cuts_off(answer.status.as_u16());
        assert!([status, 401].contains(&answer.status.as_u16()));
    }
}

/// `Content-Length` is not signed. An attacker who has seen the head of an upload may leave the length out.
#[test]
fn a089_a_body_without_a_length_is_compared_before_the_service_sees_it() {
    for another in [
        &b"the other body"[..],
        b"the whole bod",
        b"the whole body!",
        b"",
    ] {
        send(&streaming(), &upload(b"the whole body", false), another, 5).refuses(401);
        let request = with(upload(b"the whole body", false), "content-length", "0");
        send(&streaming(), &request, another, 5).refuses(401);
    }
}

#[test]
fn a089_a_reader_that_counts_gets_no_last_byte_of_another_body() {
    let request = upload(b"the whole body", true);
    let answer = send(&streaming(), &request, b"the other body", 5);
    assert_eq!(answer.cuts_off(401).body, b"the other ");
}

#[test]
fn a089_an_empty_body_is_still_compared_before_the_service_sees_it() {
    let request = Signer::of("s3").sign(ask("GET", "/a", ""));
    streaming().send(request.clone()).admits("mufasa");
    send(&streaming(), &request, b"more", 4).refuses(401);
}

#[test]
fn a089_a_wrong_signature_is_refused_before_the_body() {
    let signer = Signer {
        secret: "another".to_owned(),
        ..Signer::of("s3")
    };
    let request = signer.sign(ask("PUT", "/a", "body"));
    streaming().send(request).refuses(401);
}
